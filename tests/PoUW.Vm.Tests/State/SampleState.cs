using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

/// <summary>Tensors on both sides of every edge of the leaf layouts.</summary>
internal static class SampleState
{
    private static readonly (TensorType Type, int Rows, int Columns)[] Shapes =
    [
        (TensorType.Int32, 300, 2), (TensorType.Int8, 32, 32), (TensorType.Int8, 33, 95), (TensorType.Int8, 100, 31), (TensorType.Int8, 3000, 1),
        (TensorType.Int8, 70, 200), (TensorType.Float32, 256, 1), (TensorType.Float32, 257, 1), (TensorType.Int64, 1, 1), (TensorType.UInt8, 64, 64),
        (TensorType.Int32, 77, 130),
    ];

    public static List<VmSlot> Slots { get; } =
        [.. Shapes.Select((shape, i) => new VmSlot($"slot{i}", shape.Type, shape.Rows, shape.Columns, SlotKind.State))];

    public static List<(string Name, Tensor Tensor)> Create(int seed)
    {
        Random random = new(seed);
        List<(string, Tensor)> state = [];
        foreach (VmSlot slot in Slots)
        {
            Tensor tensor = new(slot.Type, slot.Rows, slot.Columns);
            random.NextBytes(tensor.Bytes);
            state.Add((slot.Name, tensor));
        }

        return state;
    }
}
