using System.Buffers.Binary;
using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Finality;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Chain;

/// <summary>
/// The chain's records in the key-value store, under the prefix "chain/": entries, blocks and witnesses by id, the index of the chain of
/// the head, and which blocks of a height have a witness, so that old witnesses can go. Writes only fill a batch. As thread-safe as the
/// store.
/// </summary>
internal sealed class ChainStore(IKeyValueStore store, int maxBlockBytes)
{
    private const byte Format = 4;

    private const int HeadBytes = 1 + Hash256.Size + 8 + Hash256.Size;
    private const int LocationBytes = Hash256.Size + 4;

    // The longest key: prefix, table and an id.
    private const int MaxKeyBytes = 64;

    internal void Apply(WriteBatch batch) => store.Apply(batch);

    /// <summary>The head's id and the finalized checkpoint, or null for an empty store.</summary>
    internal (Hash256 Id, Checkpoint Finalized)? ReadHead()
    {
        byte[]? stored = store.Get("chain/head"u8);
        if (stored is null)
        {
            return null;
        }

        if (stored.Length != HeadBytes || stored[0] != Format)
        {
            throw new ChainException("The stored chain has another format than this software reads.");
        }

        Checkpoint finalized = new(BinaryPrimitives.ReadUInt64BigEndian(stored.AsSpan(33)), new Hash256(stored.AsSpan(41)));
        return (new Hash256(stored.AsSpan(1, Hash256.Size)), finalized);
    }

    internal static void WriteHead(WriteBatch batch, Hash256 id, Checkpoint finalized)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        head[0] = Format;
        id.CopyTo(head[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(head[33..], finalized.Height);
        finalized.Id.CopyTo(head[41..]);
        batch.Put("chain/head"u8, head);
    }

    internal BlockEntry? GetEntry(Hash256 id) => Get("entry/"u8, id) is { } stored ? BlockEntry.Decode(stored) : null;

    internal static void PutEntry(WriteBatch batch, BlockEntry entry)
    {
        using RlpWriter writer = new();
        entry.Write(writer);
        Put(batch, "entry/"u8, entry.Position.Id, writer.WrittenSpan);
    }

    /// <summary>The block; its witness is empty if it was pruned.</summary>
    internal Block? GetBlock(Hash256 id)
    {
        byte[]? stored = Get("block/"u8, id);
        if (stored is null)
        {
            return null;
        }

        if (!Block.TryDecode(stored, maxBlockBytes, out Block? block).IsValid)
        {
            throw new ChainException($"The stored block {id} is damaged.");
        }

        return Get("witness/"u8, id) is { } witness
            ? block! with { Certificate = block!.Certificate with { Witness = witness } }
            : block;
    }

    /// <summary>
    /// A stored block as its header is announced, without decoding its transactions; null if it is not there.
    /// </summary>
    /// <param name="id">The block.</param>
    /// <param name="storedBytes">How much was read.</param>
    internal HeaderAnnouncement? GetAnnouncement(Hash256 id, out int storedBytes)
    {
        byte[]? stored = Get("block/"u8, id);
        storedBytes = stored?.Length ?? 0;
        if (stored is null)
        {
            return null;
        }

        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        BlockHeader header = BlockHeader.Read(ref items, out bool complete);
        items.ReadListPayload();
        byte[] publicData = items.ReadBytes(Block.MaxPublicDataBytes).ToArray();
        ProducerSeal seal = ProducerSeal.Read(ref items, out bool isSealed);
        return complete && isSealed && !items.Failed
            ? new HeaderAnnouncement(new SignedHeader(header, seal), publicData)
            : throw new ChainException($"The stored block {id} is damaged.");
    }

    /// <summary>The height of the block whose state was taken over as a snapshot: blocks below it are not here. 0 if all are.</summary>
    internal ulong GetBase() => store.Get("chain/base"u8) is { } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;

    /// <summary>Makes a block with a snapshot of its state the lowest one: nothing below it is pruned, checked or asked for.</summary>
    internal static void WriteBase(WriteBatch batch, ulong height)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, height);
        batch.Put("chain/base"u8, number);
        batch.Put("chain/pruned"u8, number);
    }

    /// <summary>Adds a block that is not stored yet; at most one a batch.</summary>
    internal void PutBlock(WriteBatch batch, Hash256 id, Block block)
    {
        using RlpWriter writer = new();
        block.WriteWithoutWitness(writer);
        Put(batch, "block/"u8, id, writer.WrittenSpan);
        if (!block.Certificate.Witness.IsEmpty)
        {
            Span<byte> listKey = NumberKey(stackalloc byte[MaxKeyBytes], "witnesses/"u8, block.Header.Height);
            Put(batch, "witness/"u8, id, block.Certificate.Witness.Span);
            batch.Put(listKey, [.. store.Get(listKey) ?? [], .. id.ToArray()]);
        }
    }

    /// <summary>The lowest height whose witnesses were not pruned.</summary>
    internal ulong GetPruned() => store.Get("chain/pruned"u8) is { } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;

    /// <summary>The ids, one after the other, of the blocks at a height that were stored with their witness; empty once it was pruned.</summary>
    internal byte[] GetWitnessed(ulong height) => store.Get(NumberKey(stackalloc byte[MaxKeyBytes], "witnesses/"u8, height)) ?? [];

    /// <summary>True if the witness of a block is here.</summary>
    internal bool HasWitness(Hash256 id) => Get("witness/"u8, id) is not null;

    /// <summary>Deletes the witnesses of the blocks at the heights from <see cref="GetPruned"/> up to a limit, on all branches.</summary>
    internal void PruneWitnesses(WriteBatch batch, ulong limit)
    {
        Span<byte> listBuffer = stackalloc byte[MaxKeyBytes];
        Span<byte> keyBuffer = stackalloc byte[MaxKeyBytes];
        for (ulong height = GetPruned(); height < limit; height++)
        {
            Span<byte> listKey = NumberKey(listBuffer, "witnesses/"u8, height);
            ReadOnlySpan<byte> ids = store.Get(listKey);
            for (; !ids.IsEmpty; ids = ids[Hash256.Size..])
            {
                batch.Delete(IdKey(keyBuffer, "witness/"u8, new Hash256(ids[..Hash256.Size])));
            }

            batch.Delete(listKey);
        }

        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, limit);
        batch.Put("chain/pruned"u8, number);
    }

    internal IReadOnlyList<Receipt>? GetReceipts(Hash256 id)
    {
        byte[]? stored = Get("receipts/"u8, id);
        if (stored is null)
        {
            return null;
        }

        return Receipt.TryDecodeList(stored, out IReadOnlyList<Receipt> receipts)
            ? receipts
            : throw new ChainException($"The stored receipts of {id} are damaged.");
    }

    internal static void PutReceipts(WriteBatch batch, Hash256 id, IReadOnlyList<Receipt> receipts)
    {
        using RlpWriter writer = new();
        Receipt.WriteList(writer, receipts);
        Put(batch, "receipts/"u8, id, writer.WrittenSpan);
    }

    /// <summary>The id at a height of the chain of the head.</summary>
    internal Hash256? GetCanonical(ulong height) =>
        store.Get(NumberKey(stackalloc byte[MaxKeyBytes], "height/"u8, height)) is { } stored ? new Hash256(stored) : null;

    internal TransactionLocation? FindTransaction(Hash256 transactionId) => Get("tx/"u8, transactionId) is { } stored
        ? new TransactionLocation(new Hash256(stored.AsSpan(0, Hash256.Size)), BinaryPrimitives.ReadInt32BigEndian(stored.AsSpan(Hash256.Size)))
        : null;

    internal static void Attach(WriteBatch batch, Hash256 id, Block block)
    {
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        Span<byte> location = stackalloc byte[LocationBytes];
        id.CopyTo(location);
        batch.Put(NumberKey(key, "height/"u8, block.Header.Height), location[..Hash256.Size]);
        for (int i = 0; i < block.Transactions.Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(location[Hash256.Size..], i);
            batch.Put(IdKey(key, "tx/"u8, block.Transactions[i].Id), location);
        }
    }

    /// <summary>Names the id at a height of the chain of the head.</summary>
    internal static void PutCanonical(WriteBatch batch, ulong height, Hash256 id)
    {
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        Span<byte> value = stackalloc byte[Hash256.Size];
        id.CopyTo(value);
        batch.Put(NumberKey(key, "height/"u8, height), value);
    }

    internal static void Detach(WriteBatch batch, Block block)
    {
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        batch.Delete(NumberKey(key, "height/"u8, block.Header.Height));
        for (int i = 0; i < block.Transactions.Count; i++)
        {
            batch.Delete(IdKey(key, "tx/"u8, block.Transactions[i].Id));
        }
    }

    private byte[]? Get(ReadOnlySpan<byte> table, Hash256 id) => store.Get(IdKey(stackalloc byte[MaxKeyBytes], table, id));

    private static void Put(WriteBatch batch, ReadOnlySpan<byte> table, Hash256 id, ReadOnlySpan<byte> value) =>
        batch.Put(IdKey(stackalloc byte[MaxKeyBytes], table, id), value);

    private static Span<byte> IdKey(Span<byte> buffer, ReadOnlySpan<byte> table, Hash256 id)
    {
        int start = Start(buffer, table);
        id.CopyTo(buffer[start..]);
        return buffer[..(start + Hash256.Size)];
    }

    private static Span<byte> NumberKey(Span<byte> buffer, ReadOnlySpan<byte> table, ulong number)
    {
        int start = Start(buffer, table);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[start..], number);
        return buffer[..(start + 8)];
    }

    private static int Start(Span<byte> buffer, ReadOnlySpan<byte> table)
    {
        ReadOnlySpan<byte> prefix = "chain/"u8;
        prefix.CopyTo(buffer);
        table.CopyTo(buffer[prefix.Length..]);
        return prefix.Length + table.Length;
    }
}
