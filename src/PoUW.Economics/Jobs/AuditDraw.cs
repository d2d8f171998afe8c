using System.Buffers.Binary;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
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

    /// <summary>
    /// The auditors, drawn by stake; never the worker itself. If fewer validators are there than the job asks for, the largest odd number
    /// of them. Empty if there is none.
    /// </summary>
    public static IReadOnlyList<Address> Auditors(IStateReader state, BlockContext block, JobManifest manifest, Lease lease)
    {
        List<(Address Address, UInt128 Weight)> eligible =
        [
            .. StakeLedger.Active(state, StakeRoles.Validator, block.Height, block.Parameters.MinimumValidatorStake)
                .Where(entry => entry.Address != lease.Worker)
                .Select(entry => (entry.Address, entry.Stake.Bonded.BaseUnits)),
        ];
        int available = eligible.Count % 2 == 0 ? eligible.Count - 1 : eligible.Count;
        int count = Math.Min((int)manifest.AuditorsPerUnit, Math.Max(available, 0));
        Hash256 seed = DrawSeed.Of("PoUW/auditors", block.ParentTicket, lease.JobId, lease.Unit, lease.Attempt);
        return WeightedDraw.Take(seed, eligible, count);
    }
}
