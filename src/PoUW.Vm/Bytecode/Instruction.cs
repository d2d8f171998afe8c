using PoUW.Vm.Operations;

namespace PoUW.Vm.Bytecode;

/// <summary>One decoded instruction.</summary>
/// <param name="Op">The opcode.</param>
/// <param name="Offset">Byte offset in the code.</param>
/// <param name="Size">Bytes that it takes.</param>
/// <param name="Value">Immediate, index, local or target, or the flags of MATMUL, by layout.</param>
/// <param name="Slots">Slots that the instruction names.</param>
/// <param name="Operation">Operation of VECTOROP, otherwise null.</param>
/// <param name="Immediates">Immediates of VECTOROP.</param>
/// <param name="Local">Local of LOOP.</param>
internal readonly record struct Instruction(
    Opcode Op, int Offset, int Size, long Value, int[] Slots, TensorOp? Operation, int[] Immediates, int Local = 0)
{
    /// <summary>MATMUL flag: A is stored K x M.</summary>
    public const int TransposeA = 1;

    /// <summary>MATMUL flag: B is stored N x K.</summary>
    public const int TransposeB = 2;

    /// <summary>MATMUL flag: the product may draw tickets.</summary>
    public const int TileWork = 4;

    /// <summary>An instruction without slots.</summary>
    public Instruction(Opcode op, int offset, int size, long value)
        : this(op, offset, size, value, [], null, [])
    {
    }

    /// <summary>Values taken from the stack.</summary>
    public int Pops => Operation?.Arguments.Count ?? OpcodeInfo.Find((byte)Op)!.Pops;

    /// <summary>Values put on the stack.</summary>
    public int Pushes => Operation is null ? OpcodeInfo.Find((byte)Op)!.Pushes : Operation.HasResult ? 1 : 0;
}
