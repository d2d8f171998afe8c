namespace PoUW.Vm.Bytecode;

/// <summary>The bytes that follow an opcode.</summary>
internal enum OperandLayout
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An 8-byte signed value.</summary>
    Value,

    /// <summary>A 2-byte index into the constants.</summary>
    ConstantIndex,

    /// <summary>A 1-byte local.</summary>
    Local,

    /// <summary>A 4-byte code offset.</summary>
    Target,

    /// <summary>A 1-byte local and a 4-byte code offset.</summary>
    LocalTarget,

    /// <summary>A slot (2 bytes).</summary>
    Slot,

    /// <summary>Three slots (2 bytes each) and a flag byte.</summary>
    MatMul,

    /// <summary>Operation byte, slots (2 bytes each), immediates (4 bytes each).</summary>
    Vector,

    /// <summary>Two slots (2 bytes each).</summary>
    SlotPair,

    /// <summary>A 2-byte index into the checkpoint names.</summary>
    CheckpointIndex,
}
