namespace PoUW.Vm.Operations;

/// <summary>What an operation does with an operand.</summary>
public enum OperandAccess
{
    /// <summary>It is read.</summary>
    Read,

    /// <summary>Every element is overwritten.</summary>
    Write,

    /// <summary>It is read and changed.</summary>
    ReadWrite,
}
