using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>
/// A job of lane T: everything that decides a unit of training but the last bits. Data, order, initial state, optimiser and rates are fixed before anybody
/// trains, so that a worker has nothing to choose. Immutable; the module is created anew for each trainer.
/// </summary>
public sealed record ToleranceJob
{
    /// <summary>Makes the module: images or other numbers in, one logit a class out. It must have no state but parameters and float buffers.</summary>
    public required Func<torch.nn.Module<torch.Tensor, torch.Tensor>> CreateModule { get; init; }

    /// <summary>The data; its root belongs into the job's manifest.</summary>
    public required Dataset Data { get; init; }

    /// <summary>Column of bytes that are fed as numbers from 0 to 1.</summary>
    public string InputColumn { get; init; } = "images";

    /// <summary>Shape of one input.</summary>
    public required IReadOnlyList<long> InputShape { get; init; }

    /// <summary>Column of one byte, the class.</summary>
    public string LabelColumn { get; init; } = "labels";

    /// <summary>Key of the order of the samples; a beacon's, so that nobody chose it.</summary>
    public required Hash256 OrderKey { get; init; }

    /// <summary>Seed of the initial state.</summary>
    public ulong Seed { get; init; }

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Steps of a unit.</summary>
    public int StepsPerUnit { get; init; } = 32;

    /// <summary>Step width of SGD.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Momentum of SGD.</summary>
    public double Momentum { get; init; } = 0.9;
}
