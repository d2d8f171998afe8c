namespace PoUW.Vm.Bytecode;

/// <summary>
/// The instructions. Values are part of the bytecode and never change; docs/vm.md holds the table of operands, stack effects, gas and
/// traps. Stack values are 64-bit integers; an arithmetic result that does not fit traps.
/// </summary>
public enum Opcode : byte
{
    /// <summary>Ends the run.</summary>
    Halt = 0x00,

    /// <summary>Pushes an 8-byte immediate.</summary>
    Push = 0x01,

    /// <summary>Pushes an entry of the constant table.</summary>
    Constant = 0x02,

    /// <summary>Drops the top.</summary>
    Pop = 0x03,

    /// <summary>Copies the top.</summary>
    Dup = 0x04,

    /// <summary>Exchanges the two values on top.</summary>
    Swap = 0x05,

    /// <summary>Pushes a local.</summary>
    Load = 0x06,

    /// <summary>Pops into a local.</summary>
    Store = 0x07,

    /// <summary>a + b.</summary>
    Add = 0x10,

    /// <summary>a - b.</summary>
    Sub = 0x11,

    /// <summary>a * b.</summary>
    Mul = 0x12,

    /// <summary>a / b, truncated towards zero.</summary>
    Div = 0x13,

    /// <summary>Remainder of <see cref="Div"/>; has the sign of a.</summary>
    Mod = 0x14,

    /// <summary>-a.</summary>
    Neg = 0x15,

    /// <summary>a * 2^b, 0 &lt;= b &lt;= 63.</summary>
    Shl = 0x16,

    /// <summary>a / 2^b rounded down, 0 &lt;= b &lt;= 63.</summary>
    Shr = 0x17,

    /// <summary>Bitwise and.</summary>
    And = 0x18,

    /// <summary>Bitwise or.</summary>
    Or = 0x19,

    /// <summary>Bitwise exclusive or.</summary>
    Xor = 0x1A,

    /// <summary>1 if a = b, else 0.</summary>
    Equal = 0x1B,

    /// <summary>1 if a is not b, else 0.</summary>
    NotEqual = 0x1C,

    /// <summary>1 if a is below b, else 0.</summary>
    Less = 0x1D,

    /// <summary>1 if a is not above b, else 0.</summary>
    LessOrEqual = 0x1E,

    /// <summary>The smaller one.</summary>
    Min = 0x1F,

    /// <summary>The larger one.</summary>
    Max = 0x20,

    /// <summary>ceil(log2 a); 0 for a not above 1.</summary>
    BitWidth = 0x21,

    /// <summary>Pops key, stream and index; pushes 64 bits of Philox4x32-10.</summary>
    Rand = 0x22,

    /// <summary>Bitwise complement.</summary>
    Not = 0x23,

    /// <summary>a shifted right by b with zeros from the left, 0 &lt;= b &lt;= 63.</summary>
    ShrUnsigned = 0x24,

    /// <summary>Pops c, a and b, b on top; pushes a unless c is 0, else b.</summary>
    Select = 0x25,

    /// <summary>Continues at the target.</summary>
    Jump = 0x30,

    /// <summary>Pops; continues at the target unless the value was 0.</summary>
    JumpIf = 0x31,

    /// <summary>Calls the subroutine at the target. It shares the locals and must leave the stack as it found it.</summary>
    Call = 0x32,

    /// <summary>Returns to the instruction after the call.</summary>
    Ret = 0x33,

    /// <summary>Subtracts 1 from a local and continues at the target if it is still above 0.</summary>
    Loop = 0x34,

    /// <summary>c = op(a) * op(b) on tensor slots.</summary>
    MatMul = 0x40,

    /// <summary>An elementwise, reducing or rounding operation on tensor slots.</summary>
    VectorOp = 0x41,

    /// <summary>Pops destination row, source row and count; copies rows between slots.</summary>
    MemCopy = 0x42,

    /// <summary>Names a point at which all state slots are complete.</summary>
    Checkpoint = 0x43,

    /// <summary>Pops a value and appends it to the outputs.</summary>
    Emit = 0x44,

    /// <summary>Pops row and column; pushes the element of a slot, an fp32 number as its bits.</summary>
    TensorLoad = 0x45,

    /// <summary>Pops value, row and column; stores the element of a slot.</summary>
    TensorStore = 0x46,

    /// <summary>Pops an address; pushes the 8 bytes of linear memory there, little-endian.</summary>
    MemoryLoad = 0x50,

    /// <summary>Pops value and address; stores 8 bytes.</summary>
    MemoryStore = 0x51,

    /// <summary>Pops an address; pushes the byte there, 0 to 255.</summary>
    MemoryLoadByte = 0x52,

    /// <summary>Pops value and address; stores the low 8 bits.</summary>
    MemoryStoreByte = 0x53,

    /// <summary>Pops destination, source and count; copies bytes of linear memory, which may overlap.</summary>
    MemoryCopy = 0x54,
}
