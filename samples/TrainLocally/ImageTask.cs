using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Schedules;

namespace TrainLocally;

/// <summary>The recipes of the perceptron and of the convolutional net on images.</summary>
internal static class ImageTask
{
    // Mean and standard deviation of the pixels of Fashion-MNIST; predict.py has them as well.
    private const float Mean = 0.2860f;
    private const float Deviation = 0.3530f;

    private const int HiddenUnits = 512;
    private const float Momentum = 0.9f;
    private const float WeightDecay = 5e-4f;
    private const int WarmUpShare = 20;

    /// <summary>Reads the images and chooses the recipe.</summary>
    public static async Task<TrainingTask> CreateAsync(TrainOptions options, CancellationToken cancellation)
    {
        string source = options.Data.Count == 0 ? TrainOptions.BundledData : options.Data[0];
        (Dataset train, Dataset test) = await ImageSource.LoadAsync(source, cancellation);
        IReadOnlyList<int> shape = train.Column(ImageDatasets.Images).Shape;
        if (!shape.SequenceEqual(test.Column(ImageDatasets.Images).Shape))
        {
            throw new SampleException("--data: the training images and the test images have different sizes.");
        }

        (int height, int width, int channels) = (shape[0], shape[1], shape[2]);
        int classes = Math.Max(2, Math.Max(HighestLabel(train), HighestLabel(test)) + 1);
        Defaults defaults = Defaults.Of(options.Model, options.Lane);
        int batch = defaults.BatchOf(options, train.Count);
        long steps = defaults.StepsOf(options, train.Count / batch);
        float rate = options.Rate ?? defaults.Rate;
        Module model = options.Model == ModelKind.Mlp
            ? new Perceptron([height * width * channels, HiddenUnits, classes])
            : Convolutions(height, width, channels, classes);
        return new TrainingTask
        {
            Name = options.Model == ModelKind.Mlp ? $"perceptron {height * width * channels}-{HiddenUnits}-{classes}" : $"convolutional net 32-64-128-{classes}",
            Train = train,
            Test = test,
            Steps = steps,
            Rate = rate,
            Spec = new TrainingSpec
            {
                Model = model,
                Input = new ImageInput(channels, height, width) { Mean = [Mean], Deviation = [Deviation] },
                Optimiser = options.Lane == Lane.Integer ? Integers(rate, steps) : Floats(rate, steps),
                BatchSize = batch,
            },
        };
    }

    /// <summary>SGD with Nesterov momentum; the rate rises for a twentieth of the steps and then falls as a cosine.</summary>
    private static Sgd Floats(float rate, long steps)
    {
        long warmUp = Math.Max(1, steps / WarmUpShare);
        return new Sgd(rate, Momentum, WeightDecay, Nesterov: true)
        {
            Schedule = LearningRateSchedule.Cosine(Math.Max(1, steps - warmUp)).WithWarmUp(warmUp),
        };
    }

    /// <summary>Integer momentum with the schedule for one machine, moved so that it starts at the wanted shift.</summary>
    private static IntegerMomentum Integers(float rate, long steps)
    {
        IReadOnlyList<LearningRateStep> standard = IntegerRateSchedule.FiveStage(steps);
        int moved = (int)rate - Defaults.IntegerShift;
        return new IntegerMomentum([.. standard.Select(stage => stage with { Shift = Math.Clamp(stage.Shift + moved, 0, CommandLine.MaxShift) })]);
    }

    private static SmallCnn Convolutions(int height, int width, int channels, int classes) => height == width && height % 4 == 0
        ? new SmallCnn(channels, height, classes)
        : throw new SampleException($"--data: the images are {height}x{width}; --model cnn allows squares with a side that is a multiple of 4.");

    private static int HighestLabel(Dataset data)
    {
        int highest = 0;
        for (int i = 0; i < data.Count; i++)
        {
            highest = Math.Max(highest, data.Value(i, ImageDatasets.Labels)[0]);
        }

        return highest;
    }
}
