using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;

namespace Samples.Shared.Jobs;

/// <summary>
/// The models of the sample, for 28 x 28 images of 10 classes, and how they are trained: in lane I, without biases; the learning rate
/// falls at 3/5 and 4/5 of the rounds. Tickets are drawn from the first layer of the perceptron and from the second convolution: products
/// of at least 512 terms and 32 columns.
/// </summary>
public static class Recipe
{
    private const int Side = 28;

    /// <summary>The spec of a model that trains for so many steps.</summary>
    /// <param name="model">Which model.</param>
    /// <param name="steps">Optimiser steps of the job.</param>
    public static TrainingSpec Create(ModelKind model, int steps)
    {
        int stepsPerRound = ImageJob.StepsPerUnit * ImageJob.UnitsPerRound;
        int rounds = (steps + stepsPerRound - 1) / stepsPerRound;
        return new TrainingSpec
        {
            Model = model == ModelKind.Cnn ? Convolutions() : Perceptron(),
            Input = new ImageInput(1, Side, Side),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.ThreeStage(rounds, stepsPerRound)),
            BatchSize = ImageJob.BatchSize,
            WeightExponents = model == ModelKind.Cnn ? new Dictionary<string, int> { ["fc.weight"] = -6 } : [],
        };
    }

    /// <summary>What a model is called in the manifest.</summary>
    public static string NameOf(ModelKind model) => model == ModelKind.Cnn ? "fashion-mnist cnn 32-32-10" : "fashion-mnist mlp 784-256-10";

    private static Sequential Perceptron() => new(
        ("flatten", new Flatten()),
        ("fc1", new Linear(Side * Side, ImageJob.HiddenUnits, bias: false)),
        ("relu", new ReLU()),
        ("fc2", new Linear(ImageJob.HiddenUnits, ImageJob.Classes, bias: false)));

    private static Sequential Convolutions() => new(
        ("conv1", new Conv2d(1, 32, 5, stride: 2, padding: 2, bias: false)),
        ("relu1", new ReLU()),
        ("pool", new MaxPool2d(2)),
        ("conv2", new Conv2d(32, 32, 5, bias: false)),
        ("relu2", new ReLU()),
        ("flatten", new Flatten()),
        ("fc", new Linear(32 * 3 * 3, ImageJob.Classes, bias: false)));
}
