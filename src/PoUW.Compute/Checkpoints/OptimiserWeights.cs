using System.Runtime.InteropServices;
using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Checkpoints;

/// <summary>
/// The state of the optimiser as flat tensors: "parameter.exp_avg" in PyTorch's shape and order of elements (F32, in lane I I32), and
/// "optimizer.name" for what is kept once. Round trips give the same bits.
/// </summary>
public static class OptimiserWeights
{
    /// <summary>The tensors of a runner's optimiser; none for one without state.</summary>
    public static StateDict Capture(ModelRunner runner) => new(runner.Model.OptimiserSlots.Select(
        slot => KeyValuePair.Create(slot.Slot, Read(runner, slot))));

    /// <summary>Replaces the state of the optimiser. On failure nothing changes.</summary>
    public static ValidationResult TryRestore(ModelRunner runner, StateDict tensors)
    {
        ValidationResult result = Check(runner, tensors);
        if (result.IsValid)
        {
            Write(runner, tensors);
        }

        return result;
    }

    /// <summary>Checks the tensors without changing anything.</summary>
    internal static ValidationResult Check(ModelRunner runner, StateDict tensors)
    {
        IReadOnlyList<OptimiserSlot> slots = runner.Model.OptimiserSlots;
        foreach (OptimiserSlot slot in slots)
        {
            ValidationResult result = Check(runner, slot, tensors);
            if (!result.IsValid)
            {
                return result;
            }
        }

        string? unknown = tensors.Names.FirstOrDefault(name => !slots.Any(slot => slot.Slot == name));
        if (unknown is not null)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, unknown, $"The optimiser of this model keeps no '{unknown}'.");
        }

        return ValidationResult.Ok;
    }

    /// <summary>Replaces the state by tensors that <see cref="Check(ModelRunner, StateDict)"/> admits.</summary>
    internal static void Write(ModelRunner runner, StateDict tensors)
    {
        foreach (OptimiserSlot slot in runner.Model.OptimiserSlots)
        {
            Write(runner, slot, tensors[slot.Slot]);
        }
    }

    private static StateTensor Read(ModelRunner runner, OptimiserSlot slot)
    {
        Tensor matrix = ModelWeights.SlotOf(runner.State, slot.Slot);
        byte[] bytes = matrix.Bytes.ToArray();
        if (slot.Parameter is { } parameter)
        {
            LayoutOf(runner, parameter).FromMatrix<int>(Words(matrix.Bytes), Words(bytes));
        }

        return new StateTensor(TypeOf(matrix), ShapeOf(slot, matrix), bytes);
    }

    private static void Write(ModelRunner runner, OptimiserSlot slot, StateTensor tensor)
    {
        Tensor matrix = ModelWeights.SlotOf(runner.State, slot.Slot);
        if (slot.Parameter is { } parameter)
        {
            LayoutOf(runner, parameter).ToMatrix(Words(tensor.Data), Words(matrix.Bytes));
            return;
        }

        tensor.Data.Span.CopyTo(matrix.Bytes);
    }

    private static ValidationResult Check(ModelRunner runner, OptimiserSlot slot, StateDict tensors)
    {
        if (!tensors.TryGet(slot.Slot, out StateTensor? tensor))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, slot.Slot, $"The state of the optimiser lacks '{slot.Slot}'.");
        }

        Tensor matrix = ModelWeights.SlotOf(runner.State, slot.Slot);
        if (tensor.Type != TypeOf(matrix))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, slot.Slot, $"'{slot.Slot}' is {tensor}; the optimiser keeps {TypeOf(matrix)}.");
        }

        return tensor.Type == StateTensorType.Float32 && Array.FindIndex(tensor.ToFloat32(), static e => !float.IsFinite(e)) is >= 0 and int bad
            ? ValidationResult.Fail(ValidationCode.OutOfRange, slot.Slot, $"Element {bad} of '{slot.Slot}' is not finite.")
            : ModelWeights.CheckShape(tensor, slot.Slot, ShapeOf(slot, matrix));
    }

    private static long[] ShapeOf(OptimiserSlot slot, Tensor matrix) =>
        slot.Parameter is { } parameter ? [.. parameter.Shape.Select(static d => (long)d)] : [matrix.Columns];

    private static StateTensorType TypeOf(Tensor matrix) => matrix.Type == TensorType.Float32 ? StateTensorType.Float32 : StateTensorType.Int32;

    private static ParameterLayout LayoutOf(ModelRunner runner, Parameter parameter) => runner.Model.Model.Graph.LayoutOf(parameter);

    // Both types have four bytes, and only their places change.
    private static Span<int> Words(Span<byte> bytes) => MemoryMarshal.Cast<byte, int>(bytes);

    private static ReadOnlySpan<int> Words(ReadOnlyMemory<byte> bytes) => MemoryMarshal.Cast<byte, int>(bytes.Span);
}
