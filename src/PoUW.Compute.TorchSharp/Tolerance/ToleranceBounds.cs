using PoUW.Core.Primitives;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>
/// What two honest runs of a unit may differ by, and what that means for money. Bounds belong to a job and a class of devices: measure them
/// (<see cref="ToleranceAudit.Calibrate"/>). Immutable.
/// </summary>
/// <param name="Tensors">Bounds of each tensor of floats, by name; one bound for all would let the noisiest speak for the others.</param>
public sealed record ToleranceBounds(IReadOnlyDictionary<string, TensorBound> Tensors)
{
    /// <summary>Part of an exact unit's pay that a unit of lane T earns, in basis points: its audit proves less.</summary>
    public int PayBasisPoints { get; init; } = 6_000;

    /// <summary>What a unit of lane T earns.</summary>
    /// <param name="price">What the job pays for an exact unit.</param>
    public Amount Pay(Amount price) => price.Scale((ulong)Math.Clamp(PayBasisPoints, 0, 10_000), 10_000);

    /// <summary>The most that a failed audit of lane T alone may take from a stake: the price of the unit. A tolerance is no proof.</summary>
    /// <param name="price">What the job pays for an exact unit.</param>
    /// <param name="stake">The stake.</param>
    public static Amount MostSlashed(Amount price, Amount stake) => price < stake ? price : stake;
}
