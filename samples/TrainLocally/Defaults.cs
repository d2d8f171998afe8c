using PoUW.Compute.Compilation;

namespace TrainLocally;

/// <summary>What a recipe chooses where the options say nothing.</summary>
/// <param name="Batch">Samples of a step.</param>
/// <param name="Rate">Lane R: the highest learning rate. Lane I: the shift of the first stage.</param>
/// <param name="Epochs">Passes over the training data.</param>
/// <param name="QuickSteps">Steps with --quick.</param>
internal sealed record Defaults(int Batch, float Rate, int Epochs, int QuickSteps)
{
    /// <summary>The shift that IntegerRateSchedule.FiveStage starts with.</summary>
    public const int IntegerShift = 12;

    /// <summary>The choices for a model; README.md says what they reach.</summary>
    public static Defaults Of(ModelKind model, Lane lane) => (model, lane) switch
    {
        (ModelKind.Mlp, Lane.Reproducible) => new(128, 0.05f, 12, 80),
        (ModelKind.Mlp, _) => new(32, 11, 24, 300),
        (ModelKind.Cnn, Lane.Reproducible) => new(128, 0.05f, 5, 20),
        (ModelKind.Cnn, _) => new(128, IntegerShift, 5, 20),
        _ => new(32, 2e-3f, 2, 20),
    };

    /// <summary>Batch size; it must not be larger than the data.</summary>
    public int BatchOf(TrainOptions options, int samples)
    {
        int batch = options.Batch ?? Batch;
        return batch <= samples
            ? batch
            : throw new SampleException($"--batch is {batch}, but --data has {samples} training samples; allowed is 1 to {samples}.");
    }

    /// <summary>Steps of the whole training.</summary>
    public long StepsOf(TrainOptions options, int stepsPerEpoch) => (options.Steps, options.Epochs, options.Quick) switch
    {
        ({ } steps, _, _) => steps,
        (_, { } epochs, _) => (long)epochs * stepsPerEpoch,
        (_, _, true) => QuickSteps,
        _ => (long)Epochs * stepsPerEpoch,
    };
}
