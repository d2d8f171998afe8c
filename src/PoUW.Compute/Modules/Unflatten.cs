using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.Unflatten(1, size): the features of each sample under other dimensions, in PyTorch's order. Lane R.</summary>
/// <param name="unflattenedSize">The dimensions behind the batch: (channels, height, width) or (time, features); one may be -1.</param>
public sealed class Unflatten(params IReadOnlyList<int> unflattenedSize) : Module
{
    /// <summary>The dimensions behind the batch.</summary>
    public IReadOnlyList<int> UnflattenedSize { get; } = [.. unflattenedSize];

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Reshape(input, [input.Batch, .. UnflattenedSize]);
}
