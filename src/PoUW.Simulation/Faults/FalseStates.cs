using PoUW.Training;
using PoUW.Training.Execution;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Faults;

/// <summary>Makes false states of true ones: integers of exact lanes, or fp32 numbers of lane T. Pure functions.</summary>
internal static class FalseStates
{
    private const uint MaxNoise = 1 << 12;
    private const int FloatNoiseBits = 16;

    /// <summary>The state with one value of its first tensor off by one, or by one unit in the last place.</summary>
    public static ModelState WithOneLsb(ModelState state, ulong seed)
    {
        IReadOnlyList<(string Name, Tensor Tensor)> tensors = CopyOf(state);
        Tensor first = tensors[0].Tensor;
        int index = (int)(seed % (ulong)first.Length);
        if (first.Type == TensorType.Float32)
        {
            first.Float32[index] = MathF.BitIncrement(first.Float32[index]);
        }
        else
        {
            first.Int32[index] += first.Int32[index] == int.MaxValue ? -1 : 1;
        }

        return new ModelState(tensors);
    }

    /// <summary>The state with seeded noise on every value of its first tensor: up to 2^12, or up to 2^-4 on fp32 numbers.</summary>
    public static ModelState WithNoise(ModelState state, ulong seed)
    {
        IReadOnlyList<(string Name, Tensor Tensor)> tensors = CopyOf(state);
        Tensor first = tensors[0].Tensor;
        for (int i = 0; i < first.Length; i++)
        {
            int noise = 1 + (int)(Philox4x32.Block(seed, 0, (ulong)i).X0 % MaxNoise);
            if (first.Type == TensorType.Float32)
            {
                first.Float32[i] += MathF.ScaleB(noise, -FloatNoiseBits);
            }
            else
            {
                first.Int32[i] += first.Int32[i] > int.MaxValue - noise ? -noise : noise;
            }
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

        return tensors.Count > 0 && tensors[0].Tensor.Type is TensorType.Int32 or TensorType.Float32
            ? tensors
            : throw new TrainingException("The state has no tensor of Int32 or Float32 to lie about.");
    }
}
