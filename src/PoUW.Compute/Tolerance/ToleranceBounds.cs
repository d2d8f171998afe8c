using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// What two honest runs of a unit may differ by. Bounds belong to a job and a class of devices: measure them
/// (<see cref="ToleranceCalibration"/>). Immutable by convention: the dictionary is not changed after construction.
/// </summary>
/// <param name="Tensors">Bounds of each tensor of floats, by name; one bound for all would let the noisiest speak for the others.</param>
public sealed record ToleranceBounds(IReadOnlyDictionary<string, TensorBound> Tensors)
{
    /// <summary>Most tensors with bounds.</summary>
    public const int MaxTensors = 2048;

    /// <summary>Longest name of a tensor in bytes: printable ASCII. Commitments to states hold its length in one byte.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>Checks the number of tensors, their names and every bound.</summary>
    public ValidationResult Validate()
    {
        if (Tensors.Count is 0 or > MaxTensors)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, "Bounds", $"{Tensors.Count} tensors; allowed are 1 to {MaxTensors}.");
        }

        foreach ((string name, TensorBound bound) in Tensors)
        {
            if ((ToleranceClass.CheckName("Bounds", name, MaxNameBytes) ?? bound.Check($"Bounds[{name}]")) is { } bad)
            {
                return bad;
            }
        }

        return ValidationResult.Ok;
    }
}
