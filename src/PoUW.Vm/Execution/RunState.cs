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

    public void Begin(ReadOnlySpan<long> arguments, long gas)
    {
        Array.Clear(Locals);
        Array.Clear(Memory);
        arguments.CopyTo(Locals);
        Outputs = [];
        StackTop = 0;
        CallTop = 0;
        Gas = gas;
    }

    public long Pop() => Stack[--StackTop];

    public void Push(long value) => Stack[StackTop++] = value;
}
