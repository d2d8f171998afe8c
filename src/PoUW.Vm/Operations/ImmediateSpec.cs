namespace PoUW.Vm.Operations;

/// <summary>
/// A 32-bit number that is part of the instruction: an integer with a range, or the bits of an fp32 number that must be finite.
/// </summary>
/// <param name="Name">Name in messages and documents.</param>
/// <param name="Minimum">Smallest integer.</param>
/// <param name="Maximum">Largest integer.</param>
/// <param name="IsFloat">True for the bits of an fp32 number; the range is not used.</param>
public sealed record ImmediateSpec(string Name, int Minimum, int Maximum, bool IsFloat = false)
{
    private const int ExponentMask = 0x7F800000;

    /// <summary>An fp32 number.</summary>
    public static ImmediateSpec Float(string name) => new(name, int.MinValue, int.MaxValue, IsFloat: true);

    /// <summary>True if the value may stand in an instruction.</summary>
    public bool Admits(int value) =>
        IsFloat ? (value & ExponentMask) != ExponentMask : value >= Minimum && value <= Maximum;
}
