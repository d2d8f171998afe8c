using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>A convolution beside torch, one thread each: forward and backward together, which has the goal, and apart.</summary>
public static class ConvolutionFigures
{
    private const double Goal = 1.0;

    /// <summary>Measures the three figures of a case.</summary>
    /// <param name="shape">The case.</param>
    /// <param name="own">Own kernels for it; null measures the peer alone.</param>
    /// <param name="peer">The peer, or null where it is absent.</param>
    public static IEnumerable<RatioFigure> Run(ConvolutionCase shape, ConvolutionKernels? own, TorchPeer? peer)
    {
        string name = $"compute.conv{shape.Kernel}x{shape.Kernel}.{shape.Inputs}to{shape.Outputs}.{shape.Batch}x{shape.Height}x{shape.Width}";
        Func<TorchAnswer>? block = peer?.Prepare(shape.ToRequest(1));
        Action? both = own is null ? null : () =>
        {
            own.Forward();
            own.Backward();
        };
        double flops = 1e-9 * shape.ForwardFlops;
        yield return Measure(name, 3 * flops, both, block, a => a.Total, peer, own is null ? null : Goal);
        yield return Measure($"{name}.forward", flops, own?.Forward, block, a => a.Forward!.Value, peer, null);
        yield return Measure($"{name}.backward", 2 * flops, own?.Backward, block, a => a.Backward!.Value, peer, null);
    }

    private static RatioFigure Measure(
        string name, double gigaFlops, Action? own, Func<TorchAnswer>? peer, Func<TorchAnswer, BlockTime> part, TorchPeer? torch, double? goal)
    {
        Func<BlockTime>? ownBlock = own is null ? null : TimedBlock.Warm(own).Run;
        PairedResult timing = PairedTiming.Measure(ownBlock, peer is null ? null : () => part(peer()), torch?.Child);
        string peerName = torch is null ? TorchPeer.ShortName : $"{torch.Description}, 1 thread";
        return RatioFigure.OfRates(name, gigaFlops, "GFLOP/s (1 thread)", timing, peerName, goal);
    }
}
