namespace PoUW.Compute.Plans;

/// <summary>Operations between registers; they are those of the machine and trap like them.</summary>
internal enum ScalarOp
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Minimum,
    Maximum,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    LessOrEqual,
    BitWidth,
}
