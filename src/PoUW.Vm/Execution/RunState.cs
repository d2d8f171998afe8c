namespace PoUW.Vm.Execution;

/// <summary>What one run needs besides the tensors; reused between runs so that running allocates nothing but its result.</summary>
internal sealed class RunState(int stackDepth, int callDepth, int memoryBytes)
{
    public readonly long[] Stack = new long[stackDepth];
    public readonly long[] Locals = new long[256];
    public readonly byte[] Memory = new byte[memoryBytes];
    public readonly int[] Calls = new int[callDepth];
    public List<long> Outputs = [];
    public int StackTop;
    public int CallTop;
    public long Gas;
    private TimeProvider? _clock;
    private long _start;
    private TimeSpan _time;

    /// <summary>True once the time of the run is used up.</summary>
    public bool IsLate => _clock is not null && _clock.GetElapsedTime(_start) > _time;

    public void Begin(ReadOnlySpan<long> arguments, RunBudget budget)
    {
        _clock = budget.Time is null ? null : budget.Clock ?? TimeProvider.System;
        _start = _clock?.GetTimestamp() ?? 0;
        _time = budget.Time ?? TimeSpan.Zero;
        Array.Clear(Locals);
        Array.Clear(Memory);
        arguments.CopyTo(Locals);
        Outputs = [];
        StackTop = 0;
        CallTop = 0;
        Gas = budget.Gas;
    }

    public long Pop() => Stack[--StackTop];

    public void Push(long value) => Stack[StackTop++] = value;
}
