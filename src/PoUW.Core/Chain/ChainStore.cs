using System.Buffers.Binary;
using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

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

    private static readonly byte[] HeadKey = "chain/head"u8.ToArray();
    private static readonly byte[] PrunedKey = "chain/pruned"u8.ToArray();

    internal void Apply(WriteBatch batch) => store.Apply(batch);

    /// <summary>The head's id and the finalized checkpoint, or null for an empty store.</summary>
    internal (Hash256 Id, Checkpoint Finalized)? ReadHead()
    {
        byte[]? stored = store.Get(HeadKey);
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
        batch.Put(HeadKey, [Format, .. id.ToArray(), .. Number(finalized.Height), .. finalized.Id.ToArray()]);
    }

    internal BlockEntry? GetEntry(Hash256 id) => store.Get(Key("entry/"u8, id)) is { } stored ? BlockEntry.Decode(stored) : null;

    internal static void PutEntry(WriteBatch batch, BlockEntry entry) => batch.Put(Key("entry/"u8, entry.Position.Id), entry.Encode());

    /// <summary>The block; its witness is empty if it was pruned.</summary>
    internal Block? GetBlock(Hash256 id)
    {
        byte[]? stored = store.Get(Key("block/"u8, id));
        if (stored is null)
        {
            return null;
        }

        if (!Block.TryDecode(stored, maxBlockBytes, out Block? block).IsValid)
        {
            throw new ChainException($"The stored block {id} is damaged.");
        }

        return store.Get(Key("witness/"u8, id)) is { } witness
            ? block! with { Certificate = block!.Certificate with { Witness = witness } }
            : block;
    }

    /// <summary>Adds a block that is not stored yet; at most one a batch.</summary>
    internal void PutBlock(WriteBatch batch, Hash256 id, Block block)
    {
        batch.Put(Key("block/"u8, id), block.EncodeWithoutWitness());
        if (!block.Certificate.Witness.IsEmpty)
        {
            byte[] listKey = WitnessesKey(block.Header.Height);
            batch.Put(Key("witness/"u8, id), block.Certificate.Witness.ToArray());
            batch.Put(listKey, [.. store.Get(listKey) ?? [], .. id.ToArray()]);
        }
    }

    /// <summary>The lowest height whose witnesses were not pruned.</summary>
    internal ulong GetPruned() => store.Get(PrunedKey) is { } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;

    /// <summary>The ids, one after the other, of the blocks at a height that were stored with their witness; empty once it was pruned.</summary>
    internal byte[] GetWitnessed(ulong height) => store.Get(WitnessesKey(height)) ?? [];

    /// <summary>True if the witness of a block is here.</summary>
    internal bool HasWitness(Hash256 id) => store.Get(Key("witness/"u8, id)) is not null;

    /// <summary>Deletes the witnesses of the blocks at the heights from <see cref="GetPruned"/> up to a limit, on all branches.</summary>
    internal void PruneWitnesses(WriteBatch batch, ulong limit)
    {
        for (ulong height = GetPruned(); height < limit; height++)
        {
            byte[] listKey = WitnessesKey(height);
            ReadOnlySpan<byte> ids = store.Get(listKey);
            for (; !ids.IsEmpty; ids = ids[Hash256.Size..])
            {
                batch.Delete(Key("witness/"u8, new Hash256(ids[..Hash256.Size])));
            }

            batch.Delete(listKey);
        }

        batch.Put(PrunedKey, Number(limit));
    }

    internal IReadOnlyList<Receipt>? GetReceipts(Hash256 id)
    {
        byte[]? stored = store.Get(Key("receipts/"u8, id));
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
        batch.Put(Key("receipts/"u8, id), Receipt.EncodeList(receipts));
    }

    /// <summary>The id at a height of the chain of the head.</summary>
    internal Hash256? GetCanonical(ulong height) => store.Get(HeightKey(height)) is { } stored ? new Hash256(stored) : null;

    internal TransactionLocation? FindTransaction(Hash256 transactionId)
    {
        byte[]? stored = store.Get(Key("tx/"u8, transactionId));
        return stored is null
            ? null
            : new TransactionLocation(new Hash256(stored.AsSpan(0, 32)), BinaryPrimitives.ReadInt32BigEndian(stored.AsSpan(32)));
    }

    internal static void Attach(WriteBatch batch, Hash256 id, Block block)
    {
        batch.Put(HeightKey(block.Header.Height), id.ToArray());
        for (int i = 0; i < block.Transactions.Count; i++)
        {
            byte[] location = new byte[36];
            id.CopyTo(location);
            BinaryPrimitives.WriteInt32BigEndian(location.AsSpan(32), i);
            batch.Put(Key("tx/"u8, block.Transactions[i].Id), location);
        }
    }

    internal static void Detach(WriteBatch batch, Block block)
    {
        batch.Delete(HeightKey(block.Header.Height));
        foreach (Transaction transaction in block.Transactions)
        {
            batch.Delete(Key("tx/"u8, transaction.Id));
        }
    }

    private static byte[] Key(ReadOnlySpan<byte> table, Hash256 id) => [.. "chain/"u8, .. table, .. id.ToArray()];

    private static byte[] WitnessesKey(ulong height) => [.. "chain/witnesses/"u8, .. Number(height)];

    private static byte[] HeightKey(ulong height) => [.. "chain/height/"u8, .. Number(height)];

    private static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
