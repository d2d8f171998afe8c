using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.TileWork;

/// <summary>
/// The queue of leases whose schedule has not started: by the height at whose end each becomes deep enough to be claimed of. A schedule that
/// started at a time fixed by the grant would run while nothing may be claimed if blocks come slowly. A block grants at most one lease to
/// each unit of the open jobs' rounds, so the queue of a height is short; it lies in pages, so that growing it costs the same for every lease.
/// </summary>
public static class LeaseStarts
{
    /// <summary>Most leases of a record; further ones lie in the next.</summary>
    public const int MaxPerRecord = 256;

    /// <summary>The ids of the leases that become deep at the end of a block, in the order in which they were granted. Pure function.</summary>
    public static IReadOnlyList<Hash256> DueAt(IStateReader state, ulong height)
    {
        List<Hash256> due = [];
        for (uint page = 0; state.GetRecord(Key(height, page)) is { } record; page++)
        {
            if (record.Length is 0 or > MaxPerRecord * Hash256.Size || record.Length % Hash256.Size != 0)
            {
                throw new EconomicsException($"The leases that start at height {height} cannot be read.");
            }

            for (int at = 0; at < record.Length; at += Hash256.Size)
            {
                due.Add(new Hash256(record.AsSpan(at, Hash256.Size)));
            }
        }

        return due;
    }

    internal static void Add(IStateWriter state, ulong height, Hash256 leaseId)
    {
        uint page = 0;
        byte[] before = state.GetRecord(Key(height, page)) ?? [];
        while (before.Length >= MaxPerRecord * Hash256.Size)
        {
            page++;
            before = state.GetRecord(Key(height, page)) ?? [];
        }

        state.SetRecord(Key(height, page), [.. before, .. leaseId.ToArray()]);
    }

    /// <summary>Starts the schedules that are due at the end of a block, and drops their queue. The block's time must be on record.</summary>
    internal static void Run(IStateWriter state, ulong height)
    {
        IReadOnlyList<Hash256> due = DueAt(state, height);
        foreach (Hash256 leaseId in due)
        {
            WorkLedger.Start(state, leaseId);
        }

        for (uint page = 0; page * MaxPerRecord < due.Count; page++)
        {
            state.SetRecord(Key(height, page), null);
        }
    }

    private static StateKey Key(ulong height, uint page)
    {
        byte[] id = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(id, height);
        BinaryPrimitives.WriteUInt32BigEndian(id.AsSpan(8), page);
        return StateKey.Create(WorkLedger.Module, "starts", id);
    }
}
