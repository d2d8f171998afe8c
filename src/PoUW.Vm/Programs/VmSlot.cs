using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Programs;

/// <summary>A tensor slot of a program: its name, shape and role. A vector has one column.</summary>
public sealed record VmSlot(string Name, TensorType Type, int Rows, int Columns, SlotKind Kind)
{
    /// <summary>Type and dimensions.</summary>
    public TensorShape Shape => new(Type, Rows, Columns);

    /// <summary>Elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength => Length * Tensor.ElementSize(Type);
}
