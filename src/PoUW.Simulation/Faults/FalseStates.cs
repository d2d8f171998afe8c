using PoUW.Training;
using PoUW.Training.Execution;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Faults;

/// <summary>Makes false states of true ones. Pure functions.</summary>
internal static class FalseStates
{
    private const uint MaxNoise = 1 << 12;

    /// <summary>The state with one value of its first tensor off by one.</summary>
    public static ModelState WithOneLsb(ModelState state, ulong seed)
    {
        IReadOnlyList<(string Name, Tensor Tensor)> tensors = CopyOf(state);
        Span<int> weights = tensors[0].Tensor.Int32;
        ref int weight = ref weights[(int)(seed % (ulong)weights.Length)];
        weight += weight == int.MaxValue ? -1 : 1;
        return new ModelState(tensors);
    }

    /// <summary>The state with seeded noise on every value of its first tensor.</summary>
    public static ModelState WithNoise(ModelState state, ulong seed)
    {
        IReadOnlyList<(string Name, Tensor Tensor)> tensors = CopyOf(state);
        Span<int> weights = tensors[0].Tensor.Int32;
        for (int i = 0; i < weights.Length; i++)
        {
            int noise = 1 + (int)(Philox4x32.Block(seed, 0, (ulong)i).X0 % MaxNoise);
            weights[i] += weights[i] > int.MaxValue - noise ? -noise : noise;
        }

        return new ModelState(tensors);
    }

    private static List<(string Name, Tensor Tensor)> CopyOf(ModelState state)
    {
        List<(string Name, Tensor Tensor)> tensors = [];
        foreach ((string name, Tensor tensor) in state.Tensors)
        {
            Tensor copy = new(tensor.Type, tensor.Rows, tensor.Columns);
            tensor.Bytes.CopyTo(copy.Bytes);
            tensors.Add((name, copy));
        }

        return tensors.Count > 0 && tensors[0].Tensor.Type == TensorType.Int32
            ? tensors
            : throw new TrainingException("The state has no Int32 tensor to lie about.");
    }
}
