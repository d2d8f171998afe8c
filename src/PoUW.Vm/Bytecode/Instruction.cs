namespace PoUW.Vm.Bytecode;

/// <summary>One decoded instruction.</summary>
/// <param name="Op">The opcode.</param>
/// <param name="Offset">Byte offset in the code.</param>
/// <param name="Size">Bytes that it takes.</param>
/// <param name="Value">Immediate, index, local or target, by layout.</param>
/// <param name="Slot0">First slot.</param>
/// <param name="Slot1">Second slot.</param>
/// <param name="Slot2">Third slot.</param>
/// <param name="Vector">Operation of VECTOROP, otherwise 0.</param>
/// <param name="Immediate0">First immediate of VECTOROP, or the flags of MATMUL.</param>
/// <param name="Immediate1">Second immediate of VECTOROP.</param>
internal readonly record struct Instruction(
    Opcode Op, int Offset, int Size, long Value, int Slot0, int Slot1, int Slot2, VectorOpcode Vector, int Immediate0, int Immediate1)
{
    /// <summary>MATMUL flag: A is stored K x M.</summary>
    public const int TransposeA = 1;

    /// <summary>MATMUL flag: B is stored N x K.</summary>
    public const int TransposeB = 2;

    /// <summary>Slots that the instruction names.</summary>
    public int SlotCount => Op switch
    {
        Opcode.MatMul => 3,
        Opcode.MemCopy => 2,
        Opcode.VectorOp => VectorOpInfo.All[(int)Vector - 1].Slots.Length,
        _ => 0,
    };

    /// <summary>Values taken from the stack.</summary>
    public int Pops => Op == Opcode.VectorOp ? VectorOpInfo.All[(int)Vector - 1].Pops : OpcodeInfo.Find((byte)Op)!.Pops;

    /// <summary>Values put on the stack.</summary>
    public int Pushes => Op == Opcode.VectorOp ? VectorOpInfo.All[(int)Vector - 1].Pushes : OpcodeInfo.Find((byte)Op)!.Pushes;

    /// <summary>The slot of an operand position.</summary>
    public int Slot(int position) => position switch
    {
        0 => Slot0,
        1 => Slot1,
        _ => Slot2,
    };
}
