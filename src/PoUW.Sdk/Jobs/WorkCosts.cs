using System.Numerics;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Jobs;

/// <summary>What the bound tickets of a job cost its client.</summary>
internal static class WorkCosts
{
    // One and a half times: the target moves while the job runs, and a unit that is leased again burns again.
    private const ulong HeadroomNumerator = 3;
    private const ulong HeadroomDenominator = 2;

    /// <summary>What all leases of a job burn together if each is granted once at a target, and half as much again.</summary>
    /// <param name="parameters">The network's.</param>
    /// <param name="manifest">The job; it has a work plan.</param>
    /// <param name="bits">Compact target.</param>
    /// <returns>The amount; null if it is more than can exist, or the target is none.</returns>
    public static Amount? Estimate(NetworkParameters parameters, JobManifest manifest, uint bits)
    {
        ulong macs = manifest.Work.MacsPerStep * Math.Min(manifest.StepsPerUnit, manifest.TotalSteps);
        if (!CompactTarget.TryDecode(bits, out BigInteger target) || WorkPricing.BurnOf(parameters, macs, target) is not { } unit)
        {
            return null;
        }

        BigInteger all = (BigInteger)unit.BaseUnits * manifest.UnitCount * HeadroomNumerator / HeadroomDenominator;
        return all <= UInt128.MaxValue ? new Amount((UInt128)all) : null;
    }
}
