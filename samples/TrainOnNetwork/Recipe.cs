using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;

namespace TrainOnNetwork;

/// <summary>The model of the sample and how it is trained.</summary>
internal static class Recipe
{
    private const int Side = 28;

    /// <summary>784-256-10 for 28 x 28 images of 10 classes, lane I; the learning rate falls at 3/5 and 4/5 of the rounds.</summary>
    public static TrainingSpec Create(int steps)
    {
        int stepsPerRound = TrainOptions.StepsPerUnit * TrainOptions.UnitsPerRound;
        int rounds = (steps + stepsPerRound - 1) / stepsPerRound;
        return new TrainingSpec
        {
            Model = Perceptron(),
            Input = new ImageInput(1, Side, Side),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.ThreeStage(rounds, stepsPerRound)),
            BatchSize = TrainOptions.BatchSize,
        };
    }

    private static Sequential Perceptron() => new(
        ("flatten", new Flatten()),
        ("fc1", new Linear(Side * Side, TrainOptions.HiddenUnits, bias: false)),
        ("relu", new ReLU()),
        ("fc2", new Linear(TrainOptions.HiddenUnits, TrainOptions.Classes, bias: false)));
}
