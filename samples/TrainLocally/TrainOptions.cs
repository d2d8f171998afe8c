using PoUW.Compute.Compilation;

namespace TrainLocally;

/// <summary>What the command line asks for; null where the recipe of the model decides.</summary>
internal sealed record TrainOptions
{
    public const string BundledData = "bundled";

    public required ModelKind Model { get; init; }

    public required Lane Lane { get; init; }

    /// <summary>Passes over the training data.</summary>
    public int? Epochs { get; init; }

    /// <summary>Steps in place of epochs.</summary>
    public int? Steps { get; init; }

    /// <summary>Samples of a step.</summary>
    public int? Batch { get; init; }

    /// <summary>Lane R: the learning rate. Lane I: the shift of the first stage.</summary>
    public float? Rate { get; init; }

    /// <summary>Names, files or folders; empty for the default of the model.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    public ulong Seed { get; init; } = 1;

    public int Threads { get; init; } = 1;

    public RunnerKind Runner { get; init; }

    /// <summary>The checkpoint to go on from.</summary>
    public string? Resume { get; init; }

    /// <summary>Where the checkpoint of this run is written.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Where the weights are written.</summary>
    public string? Export { get; init; }

    public bool Json { get; init; }

    public required DirectoryInfo Out { get; init; }

    /// <summary>A short run, for tests.</summary>
    public bool Quick { get; init; }

    /// <summary>Transformer: how far the generated text may go from the most likely one; 0 for the most likely one.</summary>
    public double Temperature { get; init; }

    /// <summary>Transformer: characters to generate.</summary>
    public int Characters { get; init; }
}
