using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// What has to be the same for two honest runs of lane T to be compared: the module, and a class of devices whose results differ by no more than
/// a job's bounds. Accounts enrol for classes with their stake; a job names one. Both names are compared byte for byte.
/// </summary>
/// <param name="Module">Name of the module, its version included, under which hosts know how to make it.</param>
/// <param name="Devices">Name of the class of devices.</param>
public sealed record ToleranceClass(string Module, string Devices)
{
    /// <summary>Longest name in bytes: printable ASCII, so that no two names look the same.</summary>
    public const int MaxNameBytes = 64;

    /// <summary>What manifests and stakes hold: SHA-256("PoUW/tolerance-class" || RLP list of the two names).</summary>
    public Hash256 Id => Hash256.Sha256(
        [.. "PoUW/tolerance-class"u8, .. new RlpWriter().BeginList().Write(Module).Write(Devices).EndList().Finish()]);

    /// <summary>One class for each module.</summary>
    /// <exception cref="ToleranceException">A name is not usable.</exception>
    public static IReadOnlyList<ToleranceClass> Of(string devices, IEnumerable<string> modules)
    {
        ToleranceClass[] classes = [.. modules.Select(module => new ToleranceClass(module, devices))];
        return classes.Select(static kind => kind.Check()).FirstOrDefault(static bad => bad is not null) is { } problem
            ? throw new ToleranceException($"{problem.Field}: {problem.Message}")
            : Array.AsReadOnly(classes);
    }

    /// <summary>Checks both names.</summary>
    public ValidationResult Validate() => Check() ?? ValidationResult.Ok;

    /// <summary>"module on devices".</summary>
    public override string ToString() => $"{Module} on {Devices}";

    /// <summary>Null if both names are usable.</summary>
    internal ValidationResult? Check() => CheckName(nameof(Module), Module, MaxNameBytes) ?? CheckName(nameof(Devices), Devices, MaxNameBytes);

    /// <summary>Null if a name is usable.</summary>
    internal static ValidationResult? CheckName(string field, string name, int limit) =>
        name.Length > 0 && name.Length <= limit && name.All(static letter => letter is >= ' ' and <= '~')
            ? null
            : ValidationResult.Fail(ValidationCode.OutOfRange, field, $"A name has 1 to {limit} letters of printable ASCII.");
}
