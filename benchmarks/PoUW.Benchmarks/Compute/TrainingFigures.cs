using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>Whole training steps beside torch: CPU time with one thread, wall time with more.</summary>
public static class TrainingFigures
{
    /// <summary>Measures one case.</summary>
    /// <param name="training">The case.</param>
    /// <param name="own">Runs <see cref="TrainingCase.Steps"/> steps of it; null measures the peer alone.</param>
    /// <param name="peer">The peer, or null where it is absent.</param>
    /// <param name="goal">Least part of the peer's rate; null for none.</param>
    public static RatioFigure Measure(TrainingCase training, Action? own, TorchPeer? peer, double? goal)
    {
        Func<TorchAnswer>? block = peer?.Prepare(training.ToRequest());
        Func<BlockTime>? ownBlock = own is null ? null : TimedBlock.Warm(own).Run;
        PairedResult timing = PairedTiming.Measure(ownBlock, block is null ? null : () => block().Total, peer?.Child);
        string threads = training.Threads == 1 ? "1 thread" : $"{training.Threads} threads";
        string layout = training.ChannelsLast ? ", channels_last" : "";
        string peerName = peer is null ? TorchPeer.ShortName : $"{peer.Description}, {threads}{layout}";
        return RatioFigure.OfRates(
            $"compute.train.{training.Model}.{training.Threads}", training.Batch * TrainingCase.Steps, $"images/s ({threads})", timing, peerName, goal,
            training.Threads == 1 ? TimeBase.Cpu : TimeBase.Wall);
    }
}
