using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Vm.Arithmetic;

namespace PoUW.Simulation.Devices;

/// <summary>A job on an <see cref="OtherDeviceEngine"/>.</summary>
internal sealed class OtherDeviceUnits(IToleranceUnits inner, ulong seed, int largestError) : IToleranceUnits
{
    /// <inheritdoc/>
    public StateDict InitialState() => inner.InitialState();

    /// <inheritdoc/>
    public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        ToleranceUnit unit = inner.Run(before, firstStep, steps, cancellation);
        List<KeyValuePair<string, StateTensor>> tensors = [];
        foreach ((string name, StateTensor tensor) in unit.After)
        {
            ulong stream = (firstStep << 16) + (ulong)tensors.Count;
            tensors.Add(new(name, tensor.Type == StateTensorType.Float32 ? Rounded(tensor, stream) : tensor));
        }

        return unit with { After = new StateDict(tensors) };
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private StateTensor Rounded(StateTensor tensor, ulong stream)
    {
        float[] values = tensor.ToFloat32();
        for (int i = 0; i < values.Length; i++)
        {
            uint word = Philox4x32.Block(seed, stream, (ulong)i).X0;
            int error = (int)(word % (uint)((2 * largestError) + 1)) - largestError;
            float unit = MathF.BitIncrement(MathF.Abs(values[i])) - MathF.Abs(values[i]);

            // A number that is exactly 0 was not computed but cut off; no device rounds that.
            values[i] += values[i] == 0 ? 0 : error * unit;
        }

        return StateTensor.FromFloat32(values, [.. tensor.Shape]);
    }
}
