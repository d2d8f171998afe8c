using PoUW.Compute.StateDicts;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tolerance;

/// <summary>Moves the numbers of a state by what another order of a sum might: one unit in the last place away from zero, towards it, or not. Stands for another device.</summary>
internal static class RoundingErrors
{
    /// <summary>A state whose fp32 numbers are moved; zeros, and what would become infinite, stay.</summary>
    internal static StateDict Add(StateDict state, ulong seed) => new(state.Select((item, stream) => item.Value.Type == StateTensorType.Float32
        ? KeyValuePair.Create(item.Key, Add(item.Value, seed, (ulong)stream))
        : item));

    private static StateTensor Add(StateTensor tensor, ulong seed, ulong stream)
    {
        float[] values = tensor.ToFloat32();
        for (int i = 0; i < values.Length; i++)
        {
            int step = Philox4x32.ToRange(Philox4x32.Block(seed, stream, (ulong)i).X0, 1);
            float moved = BitConverter.Int32BitsToSingle(unchecked(BitConverter.SingleToInt32Bits(values[i]) + step)); // The next number away from zero, or towards it.
            values[i] = values[i] != 0 && float.IsFinite(moved) ? moved : values[i];
        }

        return StateTensor.FromFloat32(values, [.. tensor.Shape]);
    }
}
