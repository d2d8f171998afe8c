namespace PoUW.Vm.Execution;

/// <summary>Why an instruction could not be executed. The state is that before the instruction.</summary>
public enum VmTrap : byte
{
    /// <summary>No trap.</summary>
    None = 0,

    /// <summary>A stack result does not fit in 64 bits.</summary>
    IntegerOverflow = 1,

    /// <summary>DIV or MOD by zero.</summary>
    DivisionByZero = 2,

    /// <summary>A shift, row range, bound or other argument is outside what the operation allows.</summary>
    ArgumentOutOfRange = 3,

    /// <summary>A tensor holds a value that the operation does not take: an operand of MATMUL, an index, a label.</summary>
    ElementOutOfRange = 4,

    /// <summary>A call needs more stack or more nesting than the limits allow.</summary>
    StackOverflow = 5,

    /// <summary>RET without a call.</summary>
    CallStackEmpty = 6,

    /// <summary>The instruction reads an input slot that the host did not set.</summary>
    InputMissing = 7,

    /// <summary>More values were emitted than the limits allow.</summary>
    TooManyOutputs = 8,

    /// <summary>An address outside the linear memory.</summary>
    MemoryOutOfRange = 9,
}
