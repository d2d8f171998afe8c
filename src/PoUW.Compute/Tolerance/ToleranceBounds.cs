namespace PoUW.Compute.Tolerance;

/// <summary>
/// What two honest runs of a unit may differ by. Bounds belong to a job and a class of devices: measure them
/// (<see cref="ToleranceAudit.Calibrate"/>). Immutable by convention: the dictionary is not changed after construction.
/// </summary>
/// <param name="Tensors">Bounds of each tensor of floats, by name; one bound for all would let the noisiest speak for the others.</param>
public sealed record ToleranceBounds(IReadOnlyDictionary<string, TensorBound> Tensors);
