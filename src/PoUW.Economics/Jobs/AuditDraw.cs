using System.Buffers.Binary;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Lanes;
using PoUW.Economics.Staking;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Decides whether and by whom a committed unit is audited. The entropy is the ticket of a block that was found after the worker had
/// chosen its record, so a worker cannot know whether it will be audited. (The producer of that block knows, and can only give up its block.)
/// </summary>
internal static class AuditDraw
{
    private const ulong BasisPoints = 10_000;

    /// <summary>True if the unit is audited.</summary>
    public static bool IsAudited(BlockContext block, JobManifest manifest, Lease lease)
    {
        Hash256 seed = DrawSeed.Of("PoUW/audit-chance", block.ParentTicket, lease.JobId, lease.Unit, lease.Attempt);
        return BinaryPrimitives.ReadUInt64BigEndian(seed.ToArray()) % BasisPoints < manifest.AuditRateBasisPoints;
    }

    /// <summary>Who may audit units of the job, and with what weight. Reads every stake.</summary>
    public static IReadOnlyList<(Address Address, UInt128 Weight)> Eligible(IStateReader state, BlockContext block, JobManifest manifest, LaneRules lane) =>
    [
        .. StakeLedger.Active(state, StakeRoles.Validator, block.Height, block.Parameters.MinimumValidatorStake)
            .Where(entry => lane.Admits(entry.Stake, manifest))
            .Select(entry => (entry.Address, entry.Stake.Bonded.BaseUnits)),
    ];

    /// <summary>
    /// The auditors, drawn by stake; never the worker itself. If fewer validators are there than the job asks for, the largest odd number
    /// of them. Empty if that is less than the least.
    /// </summary>
    public static IReadOnlyList<Address> Auditors(
        BlockContext block, JobManifest manifest, Lease lease, IReadOnlyList<(Address Address, UInt128 Weight)> candidates, int least)
    {
        List<(Address Address, UInt128 Weight)> eligible = [.. candidates.Where(entry => entry.Address != lease.Worker)];
        int available = eligible.Count % 2 == 0 ? eligible.Count - 1 : eligible.Count;
        int count = Math.Min((int)manifest.AuditorsPerUnit, Math.Max(available, 0));
        Hash256 seed = DrawSeed.Of("PoUW/auditors", block.ParentTicket, lease.JobId, lease.Unit, lease.Attempt);
        IReadOnlyList<Address> drawn = WeightedDraw.Take(seed, eligible, count);
        return drawn.Count < least ? [] : drawn;
    }
}
