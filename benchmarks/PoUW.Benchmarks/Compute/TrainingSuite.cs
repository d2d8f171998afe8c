using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>
/// Training of three nets in lane R: beside torch, on the machine beside eager calls, and what a step allocates.
/// </summary>
public sealed class TrainingSuite : IRatioSuite
{
    private const double GoalOfTorch = 1.0;
    private const double GoalOfMachine = 1 / 1.02;

    // The numbers that a step reports have 24 bytes, and a list of them grows.
    private const double GoalBytes = 32;

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

    /// <summary>
    /// Bytes that a step allocates: a long run less a short one, over the steps between, all in one epoch. The first steps of an
    /// epoch also allocate the hashes of its order.
    /// </summary>
    private static RatioFigure Allocation(TrainingCase training)
    {
        const int Warm = 70;
        const int Short = 5;
        const int Long = 50;
        using OwnTraining own = OwnTraining.Eager(training);
        own.Run(Warm);
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
