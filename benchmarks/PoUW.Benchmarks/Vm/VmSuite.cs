using System.Globalization;
using System.Text;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;
using PoUW.Vm.Verification;

namespace PoUW.Benchmarks.Vm;

/// <summary>What the machine itself costs: instructions with gas on, dispatch of tensor operations, loading and verifying programs.</summary>
public sealed class VmSuite : IRatioSuite
{
    private const int Iterations = 200_000;
    private const double GoalNanoseconds = 3;
    private const double GoalDispatchMicroseconds = 1;
    private const double GoalVerifyMilliseconds = 5;
    private const int VerifiedInstructions = 10_000;

    /// <inheritdoc/>
    public string Name => "vm";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        yield return Loop("vm.loop.integer", "load 1\nload 0\nadd\npush 12345\nxor\nstore 1", 7);
        yield return Loop("vm.loop.compare", "load 0\npush 77\nlt\njumpif over\nload 1\npush 3\nsub\nstore 1\nover:", 9);
        yield return Loop("vm.loop.call", "call twice", 7, "twice:\nload 1\npush 1\nadd\nstore 1\nret");
        yield return Loop("vm.loop.memory", "load 2\nmload\npush 7\nadd\nload 2\nmstore\nload 2\npush 8\nadd\npush 4088\nand\nstore 2", 13);
        yield return Allocation();
        yield return Dispatch();
        yield return VerifyAndLoad();
        foreach (RatioFigure figure in StateFigures.Run())
        {
            yield return figure;
        }
    }

    private static Machine Create(string text)
    {
        if (!Assembler.TryParse(text, out VmProgram? program).IsValid
            || !ProgramVerifier.Verify(program!, VmLimits.Default, out VerifiedProgram? verified).IsValid)
        {
            throw new InvalidOperationException("The program of the benchmark is not valid.");
        }

        return new Machine(verified!, new ScalarBackend());
    }

    private static string LoopText(string body, string subroutine) =>
        $".memory 4096\n.entry main 1 start\n.code\nstart:\n{body}\nloop 0 start\nhalt\n{subroutine}\n";

    private static RatioFigure Loop(string name, string body, int instructions, string subroutine = "")
    {
        Machine machine = Create(LoopText(body, subroutine));
        PairedResult timing = PairedTiming.Measure(() => RunOnce(machine, Iterations), null);
        return Time(name, timing, 1e9 / ((double)Iterations * instructions), "ns an instruction", GoalNanoseconds);
    }

    private static void RunOnce(Machine machine, long iterations)
    {
        if (!machine.Run("main", [iterations], long.MaxValue).IsHalted)
        {
            throw new InvalidOperationException("The program of the benchmark did not halt.");
        }
    }

    /// <summary>Bytes allocated by a long run beyond those of a short one.</summary>
    private static RatioFigure Allocation()
    {
        Machine machine = Create(LoopText("load 1\nload 0\nadd\npush 12345\nxor\nstore 1", ""));
        RunOnce(machine, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RunOnce(machine, 1);
        long shortRun = GC.GetAllocatedBytesForCurrentThread() - before;
        RunOnce(machine, Iterations);
        long longRun = GC.GetAllocatedBytesForCurrentThread() - before - shortRun;
        return new RatioFigure("vm.loop.allocation", longRun - shortRun, "B for 1.4 million instructions", null, "", null, 0, LowerIsBetter: true);
    }

    /// <summary>A tensor instruction whose work is next to nothing.</summary>
    private static RatioFigure Dispatch()
    {
        const int Count = 2000;
        Machine machine = Create(
            ".slot scratch a int32 1 1\n.slot scratch b int32 1 1\n.entry main 1 start\n.code\nstart:\nvec.add_int32 a a b\nloop 0 start\nhalt\n");
        PairedResult timing = PairedTiming.Measure(() => RunOnce(machine, Count), null);
        return Time("vm.dispatch", timing, 1e6 / Count, "us a tensor instruction", GoalDispatchMicroseconds);
    }

    private static RatioFigure VerifyAndLoad()
    {
        StringBuilder text = new(".slot scratch a int32 8 8\n.slot scratch b int32 8 8\n.entry main 0 start\n.code\nstart:\n");
        for (int i = 0; i < VerifiedInstructions / 5; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"push {i}\nstore {i % 200}\nvec.add_int32 a a b\nload {i % 200}\npop\n");
        }

        Assembler.TryParse(text.Append("halt\n").ToString(), out VmProgram? program);
        byte[] bytes = program!.Encode();
        ScalarBackend backend = new();
        PairedResult timing = PairedTiming.Measure(() => Load(bytes, backend), null);
        return Time("vm.load.10000", timing, 1e3, "ms to decode, verify and load", GoalVerifyMilliseconds);
    }

    private static void Load(byte[] bytes, ITensorBackend backend)
    {
        bool valid = VmProgram.TryDecode(bytes, VmLimits.Default, out VmProgram? program).IsValid
            & ProgramVerifier.Verify(program!, VmLimits.Default, out VerifiedProgram? verified).IsValid;
        if (!valid || new Machine(verified!, backend).Program.Code.IsEmpty)
        {
            throw new InvalidOperationException("The program of the benchmark is not valid.");
        }
    }

    private static RatioFigure Time(string name, PairedResult timing, double scale, string unit, double goal)
    {
        SideTiming own = timing.Own!;
        return new RatioFigure(name, own.Best.CpuSeconds * scale, unit, own.Best.WallSeconds * scale, "", null, goal, LowerIsBetter: true)
        {
            MedianValue = own.Median.CpuSeconds * scale,
            OtherProcessors = timing.OtherProcessors,
        };
    }
}
