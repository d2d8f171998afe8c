using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Verification;

/// <summary>A program that <see cref="ProgramVerifier"/> accepted, with its decoded instructions. Immutable and thread-safe.</summary>
public sealed class VerifiedProgram
{
    internal VerifiedProgram(VmProgram program, VmLimits limits, Instruction[] instructions, int maxDepth)
    {
        Program = program;
        Limits = limits;
        Instructions = instructions;
        MaxDepth = maxDepth;
    }

    /// <summary>The program.</summary>
    public VmProgram Program { get; }

    /// <summary>The limits under which it was accepted; a machine runs it under the same ones.</summary>
    public VmLimits Limits { get; }

    /// <summary>Most stack values that one subroutine holds, calls not counted.</summary>
    public int MaxDepth { get; }

    /// <summary>Bytes of the slots that a machine allocates and of the linear memory.</summary>
    public long MemoryBytes => Program.MemoryBytes
        + Program.Slots.Where(static slot => slot.Kind != SlotKind.Input).Sum(static slot => slot.ByteLength);

    /// <summary>Instructions in code order. Branch targets are indices into this array.</summary>
    internal Instruction[] Instructions { get; }

    /// <summary>Index of the instruction at a code offset.</summary>
    internal int IndexOf(int offset)
    {
        int low = 0;
        int high = Instructions.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Instructions[middle].Offset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
