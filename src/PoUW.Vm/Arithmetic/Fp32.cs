namespace PoUW.Vm.Arithmetic;

/// <summary>The elementary functions of lane R.</summary>
public static class Fp32
{
    /// <summary>The value, or the canonical NaN 0x7FC00000 for any NaN.</summary>
    public static float Canonical(float value) => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(0x7FC00000) : value;
}
