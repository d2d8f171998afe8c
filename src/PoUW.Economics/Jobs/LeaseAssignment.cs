using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Workers;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Draws the worker of a unit from the beacon. Workers are taken in their registration order, rotated by
/// SHA-256("PoUW/lease" || beacon || job || round) mod count; units of one round go to consecutive workers, so a round spreads over as
/// many workers as there are, and every further attempt of a unit goes to the next one.
/// </summary>
internal static class LeaseAssignment
{
    public static Address Draw(IStateReader state, Hash256 beacon, Hash256 jobId, ulong round, ulong unitInRound, ulong attempt)
    {
        ulong workers = WorkerRegistry.Count(state);
        byte[] preimage = new byte[10 + (2 * Hash256.Size) + 8];
        "PoUW/lease"u8.CopyTo(preimage);
        beacon.CopyTo(preimage.AsSpan(10));
        jobId.CopyTo(preimage.AsSpan(10 + Hash256.Size));
        BinaryPrimitives.WriteUInt64BigEndian(preimage.AsSpan(10 + (2 * Hash256.Size)), round);
        ulong rotation = BinaryPrimitives.ReadUInt64BigEndian(Hash256.Sha256(preimage).ToArray());
        ulong offset = (rotation % workers) + (unitInRound % workers) + (attempt % workers);
        return WorkerRegistry.At(state, offset % workers);
    }
}
