using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Vm;

/// <summary>
/// What a state root costs in full, and after 1 % of the bytes were written in contiguous rows, as MEMCOPY marks them. Bytes that are
/// scattered over all leaves would cost a full root: a leaf is hashed whole, so one byte in each of them changes everything.
/// </summary>
public static class StateFigures
{
    private const int Slots = 4;
    private const int Rows = 6250;
    private const int Columns = 1000;
    private const int RowBytes = Columns * sizeof(int);
    private const int ChangedRows = Slots * Rows / 100;
    private const int Rounds = 7;
    private const double Goal = 0.03;

    /// <summary>Measures 100 MB of Int32 state in four slots on one thread: milliseconds of CPU time.</summary>
    public static IEnumerable<RatioFigure> Run()
    {
        List<(string Name, Tensor Tensor)> state = [];
        for (int i = 0; i < Slots; i++)
        {
            Tensor tensor = new(TensorType.Int32, Rows, Columns);
            new Random(i).NextBytes(tensor.Bytes);
            state.Add(($"slot{i}", tensor));
        }

        MachineStateTree tree = new(state);
        tree.Root();
        int call = 0;
        PairedResult timing = PairedTiming.Measure(() => Change(tree, call++), () => Full(tree), Rounds);
        (SideTiming update, SideTiming full) = (timing.Own!, timing.Peer!);
        yield return new RatioFigure("vm.state.root.full", Milliseconds(full.Best.CpuSeconds), "ms (100 MB, 1 thread)", Milliseconds(full.Best.WallSeconds), "", null, null, true)
        {
            MedianValue = Milliseconds(full.Median.CpuSeconds),
            OtherProcessors = timing.OtherProcessors,
        };
        yield return new RatioFigure(
            "vm.state.root.update", Milliseconds(update.Best.CpuSeconds), "ms (1 % of 100 MB in contiguous rows, 1 thread)",
            Milliseconds(update.Best.WallSeconds), "full root", Milliseconds(full.Best.CpuSeconds), Goal, LowerIsBetter: true, GoalOnRatio: true)
        {
            MedianValue = Milliseconds(update.Median.CpuSeconds),
            PeerMedianValue = Milliseconds(full.Median.CpuSeconds),
            OtherProcessors = timing.OtherProcessors,
        };
    }

    private static void Change(MachineStateTree tree, int call)
    {
        // Another slot and another place every time, so that neither alignment nor caches favour one.
        const int Stride = 577;
        long row = (long)call * Stride % (Rows - ChangedRows);
        tree.MarkDirty(call % Slots, row * RowBytes, ChangedRows * RowBytes);
        tree.Root();
    }

    private static void Full(MachineStateTree tree)
    {
        for (int i = 0; i < Slots; i++)
        {
            tree.MarkDirty(i);
        }

        tree.Root();
    }

    private static double Milliseconds(double seconds) => seconds * 1000;
}
