using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>Labels of rows, bytes or integers.</summary>
internal readonly unsafe struct LabelColumn(byte* data, TensorType type)
{
    /// <summary>The label of a row.</summary>
    public int this[nint row] => type == TensorType.UInt8 ? data[row] : ((int*)data)[row];
}
