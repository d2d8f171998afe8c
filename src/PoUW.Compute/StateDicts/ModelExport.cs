using System.Globalization;
using PoUW.Compute.Compilation;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.StateDicts;

/// <summary>
/// Turns the state of a trained perceptron into a safetensors file. For every layer: "fcN.weight" (F32, outputs x inputs, as PyTorch
/// stores a Linear), "fcN.weight.master" (I32, inputs x outputs, Q16) and "fcN.weight.exp" (I32 scalar). The floats are exact: master *
/// 2^(exponent - 16). They take inputs of (pixel / 4) * 2^(input exponent); there are no biases.
/// </summary>
public static class ModelExport
{
    private const int MasterBits = 16;

    /// <summary>Builds the file.</summary>
    /// <param name="spec">The spec of the program that the state belongs to.</param>
    /// <param name="state">State slots, for example of a machine.</param>
    /// <param name="metadata">Text for the header, such as the hash of the job's manifest; "format" and "input.exponent" are added.</param>
    /// <exception cref="ArgumentException">The state is not that of the spec.</exception>
    public static SafetensorFile Create(
        MlpSpec spec, IReadOnlyList<(string Name, Tensor Tensor)> state, IReadOnlyDictionary<string, string> metadata)
    {
        List<KeyValuePair<string, StateTensor>> tensors = [];
        for (int layer = 0; layer < spec.LayerCount; layer++)
        {
            string name = MlpSpec.WeightSlot(layer);
            Tensor? master = state.FirstOrDefault(s => s.Name == name).Tensor;
            if (master is null || master.Type != TensorType.Int32 || master.Rows != spec.LayerSizes[layer]
                || master.Columns != spec.LayerSizes[layer + 1])
            {
                throw new ArgumentException($"The state has no Int32 tensor '{name}' of the spec's shape.", nameof(state));
            }

            int exponent = spec.WeightExponent(layer);
            tensors.Add(new(name, StateTensor.FromFloat32(ToFloats(master, exponent), master.Columns, master.Rows)));
            tensors.Add(new(name + ".master", StateTensor.FromInt32(master.Int32, master.Rows, master.Columns)));
            tensors.Add(new(name + ".exp", StateTensor.FromInt32([exponent])));
        }

        Dictionary<string, string> text = new(metadata, StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["input.exponent"] = spec.InputExponent.ToString(CultureInfo.InvariantCulture),
        };
        return new SafetensorFile(new StateDict(tensors), text);
    }

    private static float[] ToFloats(Tensor master, int exponent)
    {
        float[] floats = new float[master.Length];
        ReadOnlySpan<int> values = master.Int32;
        for (int row = 0; row < master.Rows; row++)
        {
            for (int column = 0; column < master.Columns; column++)
            {
                // Masters are below 2^22, so the conversion and the scaling by a power of two are exact.
                floats[(column * master.Rows) + row] = MathF.ScaleB(values[(row * master.Columns) + column], exponent - MasterBits);
            }
        }

        return floats;
    }
}
