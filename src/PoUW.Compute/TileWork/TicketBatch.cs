using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>Collects tile states and hashes 32 tickets at a time. Not thread-safe.</summary>
internal sealed class TicketBatch
{
    private const int MessageBytes = 32 + 64 + 12;
    private readonly byte[] _slots = new byte[Sha256Batch.Lanes * Sha256Batch.SlotBytes(MessageBytes)];
    private readonly byte[] _digests = new byte[Sha256Batch.Lanes * Hash256.Size];

    /// <summary>Writes the padding of every slot.</summary>
    public TicketBatch()
    {
        for (int i = 0; i < Sha256Batch.Lanes; i++)
        {
            Sha256Batch.WritePadding(Slot(i), MessageBytes);
        }
    }

    /// <summary>Tiles that wait for their hash.</summary>
    public int Count { get; private set; }

    /// <summary>True when no tile fits any more.</summary>
    public bool IsFull => Count == Sha256Batch.Lanes;

    /// <summary>Empties the batch and sets the ticket key.</summary>
    public void Begin(Hash256 ticketKey)
    {
        Count = 0;
        for (int i = 0; i < Sha256Batch.Lanes; i++)
        {
            ticketKey.CopyTo(Slot(i));
        }
    }

    /// <summary>Folds the snapshots of a tile into its state and queues it.</summary>
    /// <param name="folds">16 words a snapshot: the xor of the accumulators, in order.</param>
    /// <param name="tileRow">I.</param>
    /// <param name="tileColumn">J.</param>
    /// <param name="segment">g.</param>
    public void Add(ReadOnlySpan<uint> folds, int tileRow, int tileColumn, int segment)
    {
        const int rotation = TileWorkParameters.StateRotation;
        Span<byte> slot = Slot(Count++);
        Vector256<uint> low = default, high = default;
        for (; folds.Length >= TileWorkParameters.StateWords; folds = folds[TileWorkParameters.StateWords..])
        {
            low = ((low << rotation) | (low >>> (32 - rotation))) ^ Vector256.Create(folds);
            high = ((high << rotation) | (high >>> (32 - rotation))) ^ Vector256.Create(folds[8..]);
        }

        // Words are little-endian on every machine that .NET runs on.
        low.AsByte().CopyTo(slot[32..]);
        high.AsByte().CopyTo(slot[64..]);
        BinaryPrimitives.WriteInt32LittleEndian(slot[96..], tileRow);
        BinaryPrimitives.WriteInt32LittleEndian(slot[100..], tileColumn);
        BinaryPrimitives.WriteInt32LittleEndian(slot[104..], segment);
    }

    /// <summary>Hashes the queued tiles; their tickets can be read until the next <see cref="Add"/>.</summary>
    /// <returns>How many there are.</returns>
    public int Flush()
    {
        int count = Count;
        Sha256Batch.Hash(_slots, MessageBytes, count, _digests);
        Count = 0;
        return count;
    }

    /// <summary>The ticket of a flushed tile.</summary>
    public Hash256 Ticket(int index) => new(_digests.AsSpan(index * Hash256.Size, Hash256.Size));

    /// <summary>Where a flushed tile lies.</summary>
    public (int TileRow, int TileColumn, int Segment) Position(int index)
    {
        ReadOnlySpan<byte> slot = Slot(index);
        return (
            BinaryPrimitives.ReadInt32LittleEndian(slot[96..]),
            BinaryPrimitives.ReadInt32LittleEndian(slot[100..]),
            BinaryPrimitives.ReadInt32LittleEndian(slot[104..]));
    }

    /// <summary>The state of a flushed tile, in a new array.</summary>
    public uint[] State(int index)
    {
        uint[] state = new uint[TileWorkParameters.StateWords];
        for (int i = 0; i < state.Length; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt32LittleEndian(Slot(index)[(32 + (i * 4))..]);
        }

        return state;
    }

    private Span<byte> Slot(int index)
    {
        int bytes = Sha256Batch.SlotBytes(MessageBytes);
        return _slots.AsSpan(index * bytes, bytes);
    }
}
