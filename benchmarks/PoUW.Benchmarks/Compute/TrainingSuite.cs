using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>
/// Training of three nets in lane R: beside torch, on the machine beside eager calls, and what a step allocates.
/// </summary>
public sealed class TrainingSuite : IRatioSuite
{
    private const double GoalOfTorch = 1.0;
    private const double GoalOfMachine = 1 / 1.02;
    private const double GoalBytes = 0;

    /// <inheritdoc/>
    public string Name => "training";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        PeerEnvironment.Clean();
        using TorchPeer? torch = TorchPeer.TryStart();
        foreach (RatioFigure figure in Run(torch))
        {
            yield return figure;
        }
    }

    /// <summary>Measures with a peer that runs already.</summary>
    internal static IEnumerable<RatioFigure> Run(TorchPeer? torch)
    {
        foreach (TrainingCase training in TrainingCase.All(1).Concat(TrainingCase.All(2)))
        {
            using OwnTraining own = OwnTraining.Eager(training);
            yield return TrainingFigures.Measure(training, own.Run, torch, GoalOfTorch);
        }

        foreach (TrainingCase training in TrainingCase.All(1))
        {
            yield return MachineOverEager(training);
            yield return Allocation(training);
        }
    }

    /// <summary>The program with gas and checks over the same steps as plain calls, in turn: the rate that is left.</summary>
    private static RatioFigure MachineOverEager(TrainingCase training)
    {
        using OwnTraining machine = OwnTraining.OnMachine(training);
        using OwnTraining eager = OwnTraining.Eager(training);
        PairedResult timing = PairedTiming.Measure(machine.Run, eager.Run);
        return RatioFigure.OfRates(
            $"compute.train.vm_overhead.{training.Model}", training.Batch * TrainingCase.Steps, "images/s on the machine (1 thread)", timing,
            "eager", GoalOfMachine);
    }

    /// <summary>Bytes that a step allocates beyond the numbers it reports: a long run less a short one, over the steps between.</summary>
    private static RatioFigure Allocation(TrainingCase training)
    {
        const int Short = 10;
        const int Long = 60; // With the warm-up 64 steps or more, so that an epoch ends in it.
        using OwnTraining own = OwnTraining.Eager(training);
        own.Run(Long);
        long before = GC.GetAllocatedBytesForCurrentThread();
        own.Run(Short);
        long few = GC.GetAllocatedBytesForCurrentThread() - before;
        own.Run(Long);
        long many = GC.GetAllocatedBytesForCurrentThread() - before - few;
        return new RatioFigure(
            $"compute.train.allocation.{training.Model}", (double)(many - few) / (Long - Short), "B a step", null, "", null, GoalBytes,
            LowerIsBetter: true);
    }
}
