namespace PoUW.Vm.Bytecode;

/// <summary>The static facts about an instruction that decoder, verifier, assembler and gas meter share.</summary>
internal sealed record OpcodeInfo(Opcode Code, string Mnemonic, OperandLayout Layout, int Pops, int Pushes, int Gas)
{
    private static readonly OpcodeInfo?[] ByCode = BuildIndex();

    /// <summary>Every instruction.</summary>
    public static IEnumerable<OpcodeInfo> All => ByCode.OfType<OpcodeInfo>();

    /// <summary>The entry of a code, or null if there is no such instruction.</summary>
    public static OpcodeInfo? Find(byte code) => ByCode[code];

    private static OpcodeInfo?[] BuildIndex()
    {
        OpcodeInfo?[] index = new OpcodeInfo?[256];
        foreach (OpcodeInfo info in Stack().Concat(Arithmetic()).Concat(Control()).Concat(Elements()))
        {
            index[(byte)info.Code] = info;
        }

        return index;
    }

    private static OpcodeInfo[] Stack() =>
    [
        new(Opcode.Push, "push", OperandLayout.Value, 0, 1, 1),
        new(Opcode.Constant, "const", OperandLayout.ConstantIndex, 0, 1, 1),
        new(Opcode.Pop, "pop", OperandLayout.None, 1, 0, 1),
        new(Opcode.Dup, "dup", OperandLayout.None, 1, 2, 1),
        new(Opcode.Swap, "swap", OperandLayout.None, 2, 2, 1),
        new(Opcode.Load, "load", OperandLayout.Local, 0, 1, 1),
        new(Opcode.Store, "store", OperandLayout.Local, 1, 0, 1),
    ];

    private static OpcodeInfo[] Arithmetic() =>
    [
        new(Opcode.Add, "add", OperandLayout.None, 2, 1, 1),
        new(Opcode.Sub, "sub", OperandLayout.None, 2, 1, 1),
        new(Opcode.Mul, "mul", OperandLayout.None, 2, 1, 2),
        new(Opcode.Div, "div", OperandLayout.None, 2, 1, 8),
        new(Opcode.Mod, "mod", OperandLayout.None, 2, 1, 8),
        new(Opcode.Neg, "neg", OperandLayout.None, 1, 1, 1),
        new(Opcode.Shl, "shl", OperandLayout.None, 2, 1, 1),
        new(Opcode.Shr, "shr", OperandLayout.None, 2, 1, 1),
        new(Opcode.And, "and", OperandLayout.None, 2, 1, 1),
        new(Opcode.Or, "or", OperandLayout.None, 2, 1, 1),
        new(Opcode.Xor, "xor", OperandLayout.None, 2, 1, 1),
        new(Opcode.Equal, "eq", OperandLayout.None, 2, 1, 1),
        new(Opcode.NotEqual, "ne", OperandLayout.None, 2, 1, 1),
        new(Opcode.Less, "lt", OperandLayout.None, 2, 1, 1),
        new(Opcode.LessOrEqual, "le", OperandLayout.None, 2, 1, 1),
        new(Opcode.Min, "min", OperandLayout.None, 2, 1, 1),
        new(Opcode.Max, "max", OperandLayout.None, 2, 1, 1),
        new(Opcode.BitWidth, "bitwidth", OperandLayout.None, 1, 1, 1),
        new(Opcode.Rand, "rand", OperandLayout.None, 3, 1, 32),
        new(Opcode.Not, "not", OperandLayout.None, 1, 1, 1),
        new(Opcode.ShrUnsigned, "shru", OperandLayout.None, 2, 1, 1),
        new(Opcode.Select, "select", OperandLayout.None, 3, 1, 1),
    ];

    private static OpcodeInfo[] Control() =>
    [
        new(Opcode.Halt, "halt", OperandLayout.None, 0, 0, 1),
        new(Opcode.Jump, "jump", OperandLayout.Target, 0, 0, 1),
        new(Opcode.JumpIf, "jumpif", OperandLayout.Target, 1, 0, 1),
        new(Opcode.Call, "call", OperandLayout.Target, 0, 0, 2),
        new(Opcode.Ret, "ret", OperandLayout.None, 0, 0, 2),
        new(Opcode.Loop, "loop", OperandLayout.LocalTarget, 0, 0, 1),
        new(Opcode.MatMul, "matmul", OperandLayout.MatMul, 0, 0, 64),
        new(Opcode.VectorOp, "vec", OperandLayout.Vector, 0, 0, 64),
        new(Opcode.MemCopy, "memcopy", OperandLayout.SlotPair, 3, 0, 64),
        new(Opcode.Checkpoint, "checkpoint", OperandLayout.CheckpointIndex, 0, 0, 64),
        new(Opcode.Emit, "emit", OperandLayout.None, 1, 0, 8),
    ];

    private static OpcodeInfo[] Elements() =>
    [
        new(Opcode.TensorLoad, "tload", OperandLayout.Slot, 2, 1, 4),
        new(Opcode.TensorStore, "tstore", OperandLayout.Slot, 3, 0, 4),
        new(Opcode.MemoryLoad, "mload", OperandLayout.None, 1, 1, 1),
        new(Opcode.MemoryStore, "mstore", OperandLayout.None, 2, 0, 1),
        new(Opcode.MemoryLoadByte, "mload8", OperandLayout.None, 1, 1, 1),
        new(Opcode.MemoryStoreByte, "mstore8", OperandLayout.None, 2, 0, 1),
        new(Opcode.MemoryCopy, "mcopy", OperandLayout.None, 3, 0, 8),
    ];
}
