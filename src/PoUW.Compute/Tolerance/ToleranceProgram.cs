using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// What a job of lane T trains and how its units are judged: everything that decides a unit, but data, order and seed, which the job's manifest names. It
/// travels as a chunk under its hash, as the programs of exact lanes do, so nobody can choose rates or bounds later. Immutable by convention; compare programs
/// by <see cref="Hash"/>.
/// </summary>
/// <param name="Recipe">What is trained, and how.</param>
/// <param name="Bounds">What honest runs may differ by.</param>
public sealed record ToleranceProgram(ToleranceRecipe Recipe, ToleranceBounds Bounds)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 1 << 20;

    /// <summary>The module and the devices that it is for.</summary>
    public ToleranceClass Class => Recipe.Class;

    /// <summary>SHA-256 of the encoding.</summary>
    public Hash256 Hash => Hash256.Sha256(Encode());

    /// <summary>
    /// The canonical encoding: an RLP list of version and fields; numbers as their IEEE 754 bits, bounds in the ordinal order of their names. Only that of a program
    /// that <see cref="Validate"/> admits can be decoded.
    /// </summary>
    public byte[] Encode() => ToleranceProgramCodec.Encode(this);

    /// <summary>Reads a program in canonical form and checks every limit. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out ToleranceProgram? program) => ToleranceProgramCodec.TryDecode(encoded, out program);

    /// <summary>Checks every field against its limit.</summary>
    public ValidationResult Validate() => Recipe.Validate() is { IsValid: false } bad ? bad : Bounds.Validate();
}
