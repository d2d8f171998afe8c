using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations;

/// <summary>Element type and dimensions of an operand.</summary>
public readonly record struct TensorShape(TensorType Type, int Rows, int Columns)
{
    /// <summary>Elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>True if both have the same dimensions; types are not compared.</summary>
    public bool HasSizeOf(TensorShape other) => Rows == other.Rows && Columns == other.Columns;

    /// <summary>True for a column of so many elements.</summary>
    public bool IsColumn(int length) => Columns == 1 && Rows == length;

    /// <summary>Rows and columns, as "3x4".</summary>
    public override string ToString() => $"{Rows}x{Columns}";
}
