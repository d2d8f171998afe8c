namespace PoUW.Vm.Tests.Vectors;

/// <summary>Branches, calls, loops, outputs and checkpoints. Results were worked out by hand.</summary>
internal static class ControlVectors
{
    private const string Recursion = "call again / halt / again: / load 0 / push 1 / add / dup / store 0 / emit / call again / ret";

    public static IEnumerable<VectorSource> ControlFile() =>
    [
        VectorSource.Of("halt", "halt -> "),
        VectorSource.Of("jump forwards", "jump over / push 1 / emit / over: / push 2 / emit -> 2"),
        VectorSource.Of("jump backwards", "jump first / second: / push 2 / emit / halt / first: / push 1 / emit / jump second -> 1 2"),
        VectorSource.Of("jumpif taken by 1", "push 1 / jumpif over / push 1 / emit / over: / push 2 / emit -> 2"),
        VectorSource.Of("jumpif taken by -1", "push -1 / jumpif over / push 1 / emit / over: / push 2 / emit -> 2"),
        VectorSource.Of("jumpif taken by 2^32", "push 4294967296 / jumpif over / push 1 / emit / over: / push 2 / emit -> 2"),
        VectorSource.Of("jumpif not taken", "push 0 / jumpif over / push 1 / emit / over: / push 2 / emit -> 1 2"),
        VectorSource.Of("jumpif leaves what is below", "push 7 / push 1 / jumpif over / over: / emit -> 7"),
        VectorSource.Of("call and ret", "push 7 / call sub / emit / halt / sub: / push 1 / emit / ret -> 1 7"),
        VectorSource.Of("call shares locals",
            "push 20 / store 3 / call sub / load 3 / emit / halt / sub: / load 3 / push 1 / add / store 3 / ret -> 21"),
        VectorSource.Of("calls nest", "call a / push 3 / emit / halt / a: / call b / push 2 / emit / ret / b: / push 1 / emit / ret -> 1 2 3"),
        VectorSource.Of("halt inside a call", "call sub / push 1 / emit / halt / sub: / push 2 / emit -> 2"),
        VectorSource.Of("ret without a call", "ret -> CallStackEmpty"),
        VectorSource.Of("ret without a call after one", "call sub / ret / sub: / ret -> CallStackEmpty"),
        VectorSource.Of("calls as deep as the limit", "call a / push 3 / emit / halt / a: / call b / ret / b: / push 1 / emit / ret -> 1 3") with
        {
            Limits = new VectorLimits(CallDepth: 2),
        },
        VectorSource.Of("calls deeper than the limit", "call a / halt / a: / call b / ret / b: / push 1 / emit / ret -> StackOverflow") with
        {
            Limits = new VectorLimits(CallDepth: 1),
        },
        VectorSource.Of("recursion without end", $"{Recursion} -> StackOverflow") with { Limits = new VectorLimits(CallDepth: 5) },
        VectorSource.Of("recursion without end, default limits",
            $"{Recursion.Replace("dup / store 0 / emit", "store 0", StringComparison.Ordinal)} -> StackOverflow"),
        Deep("a call whose stack still fits", 5, "1"),
        Deep("a call whose stack does not fit", 4, "StackOverflow"),
        VectorSource.Of("a jump without end runs out of gas", "again: / jump again") with { GasLimit = 100 },
        Entries("first", 1),
        Entries("second", 2),
        VectorSource.Of("no gas at all", "push 1 / emit") with { GasLimit = 0 },
        VectorSource.Of("gas for all but halt", "push 1 / emit") with { GasLimit = 9 },
        VectorSource.Of("just enough gas", "push 1 / emit -> 1") with { GasLimit = 10 },
    ];

    public static IEnumerable<VectorSource> LoopFile() =>
    [
        Loop("loop three times", "3", "3 2 1"),
        Loop("loop once", "1", "1"),
        Loop("loop from 0 falls through", "0", "0"),
        Loop("loop from -5 falls through", "-5", "-5"),
        Loop("loop from the second least number falls through", "-9223372036854775807", "-9223372036854775807"),
        Loop("loop from the least number", "-9223372036854775808", "IntegerOverflow"),
        Loop("loop from the largest number runs out of gas", "9223372036854775807", null, 40),
        VectorSource.Of("loop leaves its local", "push 2 / store 255 / again: / loop 255 again / load 255 / emit -> 0"),
        VectorSource.Of("loop forwards", "push 2 / store 1 / loop 1 over / push 1 / emit / over: / load 1 / emit -> 1"),
        VectorSource.Of(
            "loops nest",
            "push 2 / store 0 / outer: / push 3 / store 1 / inner: / load 2 / push 1 / add / store 2 / loop 1 inner / "
                + "loop 0 outer / load 2 / emit -> 6"),
        VectorSource.Of("loop with values on the stack", "push 9 / push 2 / store 0 / again: / push 1 / add / loop 0 again / emit -> 11"),
    ];

    public static IEnumerable<VectorSource> EmitFile() =>
    [
        VectorSource.Of("emit", "push 1 / emit / push -1 / emit -> 1 -1"),
        VectorSource.Of("emit of the extremes", $"push {long.MinValue} / emit / push {long.MaxValue} / emit -> MIN MAX"),
        VectorSource.Of("emit up to the limit", "push 1 / emit / push 2 / emit -> 1 2") with { Limits = new VectorLimits(Outputs: 2) },
        VectorSource.Of("emit beyond the limit",
            "push 1 / emit / push 2 / emit / push 3 / emit -> TooManyOutputs") with { Limits = new VectorLimits(Outputs: 2) },
        VectorSource.Of("emit where nothing may be", "push 1 / emit -> TooManyOutputs") with { Limits = new VectorLimits(Outputs: 0) },
    ];

    public static IEnumerable<VectorSource> CheckpointFile() =>
    [
        VectorSource.Of("checkpoint", "checkpoint done -> ", ".slot state w int32 1 2\n.checkpoint done",
            new VectorTensor("w", "int32", 1, 2, "0100000002000000")),
        VectorSource.Of("checkpoints", "checkpoint b / push 4 / emit / checkpoint a / checkpoint b -> 4", ".checkpoint a\n.checkpoint b"),
        VectorSource.Of("checkpoint does not need the inputs", "checkpoint done -> ", ".slot input x int8 1 1\n.checkpoint done"),
    ];

    private static VectorSource Loop(string name, string start, string? known, long gas = 1_000_000)
    {
        string line = $"push {start} / store 7 / again: / load 7 / emit / loop 7 again";
        return VectorSource.Of(name, known is null ? line : $"{line} -> {known}") with { GasLimit = gas };
    }

    /// <summary>The deepest subroutine holds three values; two stand on the stack when it is called.</summary>
    private static VectorSource Deep(string name, int limit, string known) => VectorSource.Of(
        name, $"push 1 / push 2 / call sub / pop / emit / halt / sub: / push 3 / push 4 / push 5 / pop / pop / pop / ret -> {known}") with
    {
        Limits = new VectorLimits(StackDepth: limit),
    };

    private static VectorSource Entries(string entry, long expected) =>
        new($"entry point {entry}", ".entry first 0 a\n.entry second 1 b\n.code\na:\npush 1\nemit\nhalt\nb:\nload 0\nemit\nhalt\n")
        {
            Entry = entry,
            Arguments = entry == "first" ? [] : [2],
            KnownOutputs = [expected],
        };
}
