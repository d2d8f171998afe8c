using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations;

/// <summary>One tensor operand of an operation.</summary>
/// <param name="Name">Name in messages and documents.</param>
/// <param name="Access">What the operation does with it.</param>
/// <param name="Types">The element types that it may have.</param>
public sealed record OperandSpec(string Name, OperandAccess Access, params TensorType[] Types)
{
    /// <summary>An operand that is read.</summary>
    public static OperandSpec Read(string name, params TensorType[] types) => new(name, OperandAccess.Read, types);

    /// <summary>An operand that is overwritten.</summary>
    public static OperandSpec Write(string name, params TensorType[] types) => new(name, OperandAccess.Write, types);

    /// <summary>An operand that is read and changed.</summary>
    public static OperandSpec Update(string name, params TensorType[] types) => new(name, OperandAccess.ReadWrite, types);

    /// <summary>A Float32 operand that is read.</summary>
    internal static OperandSpec ReadFloat(string name) => Read(name, TensorType.Float32);

    /// <summary>A Float32 operand that is overwritten.</summary>
    internal static OperandSpec WriteFloat(string name) => Write(name, TensorType.Float32);

    /// <summary>A Float32 operand that is read and changed.</summary>
    internal static OperandSpec UpdateFloat(string name) => Update(name, TensorType.Float32);
}
