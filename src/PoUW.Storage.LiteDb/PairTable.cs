using LiteDB;
using LiteDB.Engine;
using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// The pairs in the collections of an engine. Reads may run on any number of threads; writes belong to the transaction of the calling thread.
/// Other collections of the file are left alone.
/// </summary>
internal sealed class PairTable(LiteEngine engine, string path)
{
    /// <summary>The collection of the pairs.</summary>
    internal const string Pairs = "pouw_pairs";

    private const string Parts = "pouw_parts";
    private const string Meta = "pouw_meta";

    /// <summary>What the store says of itself; null in a file without a store.</summary>
    /// <exception cref="LiteDbStoreException">Newer software wrote it.</exception>
    internal StoreMarks? Marks()
    {
        if (Find(Meta, StoreMarks.Id) is not { } document)
        {
            return null;
        }

        int version = document["version"].AsInt32;
        return version <= StoreMarks.Version
            ? StoreMarks.Read(document)
            : throw new LiteDbStoreException(
                StoreFailure.NewerVersion, $"The database '{path}' has layout {version}; this software knows {StoreMarks.Version}. Update the software.");
    }

    internal void SetMarks(StoreMarks marks) => engine.Upsert(Meta, [marks.ToDocument()], BsonAutoId.ObjectId);

    internal StoredPair? Find(ReadOnlySpan<byte> key)
    {
        List<StoredPair> pairs = Beside(key);
        int place = IndexOf(pairs, key);
        return place < 0 ? null : pairs[place];
    }

    /// <summary>The pairs that share a document with a key, in order.</summary>
    internal List<StoredPair> Beside(ReadOnlySpan<byte> key) =>
        Find(Pairs, PairDocument.IdOf(key)) is { } document ? PairDocument.Read(document) : [];

    /// <summary>The pairs from a key on, in order, read as they are asked for.</summary>
    internal IEnumerable<StoredPair> From(byte[] from)
    {
        Query query = new() { OrderBy = BsonExpression.Create("_id") };
        query.Where.Add(BsonExpression.Create("_id >= @0", new BsonValue(PairDocument.IdOf(from))));
        using IBsonDataReader reader = Load(() => engine.Query(Pairs, query));
        while (Load(reader.Read))
        {
            foreach (StoredPair pair in PairDocument.Read(reader.Current.AsDocument))
            {
                if (pair.Key.AsSpan().SequenceCompareTo(from) >= 0)
                {
                    yield return pair;
                }
            }
        }
    }

    /// <summary>The value of a pair, checked.</summary>
    /// <exception cref="LiteDbStoreException">It is damaged.</exception>
    internal byte[] Value(StoredPair pair) => Read(pair, out byte[] value) is { } damage
        ? throw new LiteDbStoreException(
            StoreFailure.Corrupt, $"The database '{path}' is damaged: the value of key {Convert.ToHexString(pair.Key)} {damage}.")
        : value;

    /// <summary>Puts a pair in the place of one with the same key, or removes that.</summary>
    /// <param name="key">The key.</param>
    /// <param name="pairs">What <see cref="Beside"/> gave; changed.</param>
    /// <param name="after">The pair, or null.</param>
    internal void Replace(ReadOnlySpan<byte> key, List<StoredPair> pairs, StoredPair? after)
    {
        byte[] id = PairDocument.IdOf(key);
        int place = IndexOf(pairs, key);
        if (place >= 0)
        {
            DeleteParts(pairs[place]);
            pairs.RemoveAt(place);
        }

        if (after is not null)
        {
            pairs.Insert(~IndexOf(pairs, key), after);
        }

        if (pairs.Count == 0)
        {
            engine.Delete(Pairs, [new BsonValue(id)]);
        }
        else
        {
            engine.Upsert(Pairs, [PairDocument.Write(id, pairs)], BsonAutoId.ObjectId);
        }
    }

    /// <summary>A pair to be written; a long value is written into parts at once.</summary>
    internal StoredPair Create(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long nextPart)
    {
        ulong sum = PairSum.Of(key, value);
        if (PairDocument.IsInline(key, value.Length))
        {
            return new StoredPair(key.ToArray(), sum, value.ToArray(), 0, value.Length);
        }

        StoredPair pair = new(key.ToArray(), sum, null, nextPart, value.Length);
        for (int part = 0; part < pair.Parts; part++)
        {
            int at = part * StoredPair.PartBytes;
            byte[] bytes = value[at..Math.Min(value.Length, at + StoredPair.PartBytes)].ToArray();
            engine.Insert(Parts, [new BsonDocument { ["_id"] = nextPart + part, ["d"] = bytes }], BsonAutoId.ObjectId);
        }

        return pair;
    }

    /// <summary>Parts in the file, whether a pair refers to them or not.</summary>
    internal long CountParts()
    {
        using IBsonDataReader reader = Load(() => engine.Query(Parts, new Query { Select = BsonExpression.Create("{ _id }") }));
        long count = 0;
        while (Load(reader.Read))
        {
            count++;
        }

        return count;
    }

    /// <summary>The place of a key, or the complement of where it belongs.</summary>
    internal static int IndexOf(List<StoredPair> pairs, ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < pairs.Count; i++)
        {
            int order = pairs[i].Key.AsSpan().SequenceCompareTo(key);
            if (order >= 0)
            {
                return order == 0 ? i : ~i;
            }
        }

        return ~pairs.Count;
    }

    /// <summary>Removes the parts of a value. Those of a damaged one stay: they may be another's.</summary>
    private void DeleteParts(StoredPair pair)
    {
        if (pair.Parts > 0 && Read(pair, out _) is null)
        {
            engine.Delete(Parts, Enumerable.Range(0, pair.Parts).Select(part => new BsonValue(pair.FirstPart + part)));
        }
    }

    /// <summary>Reads a value and compares it with its checksum.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    private string? Read(StoredPair pair, out byte[] value)
    {
        value = [];
        if (!pair.IsPossible)
        {
            return $"has a length of {pair.Length} in parts from {pair.FirstPart}";
        }

        value = pair.Inline ?? new byte[pair.Length];
        for (int part = 0; part < pair.Parts; part++)
        {
            byte[]? bytes = Find(Parts, pair.FirstPart + part)?["d"].AsBinary;
            int at = part * StoredPair.PartBytes;
            if (bytes?.Length != Math.Min(StoredPair.PartBytes, pair.Length - at))
            {
                return "lacks a part";
            }

            bytes.CopyTo(value.AsSpan(at));
        }

        return PairSum.Of(pair.Key, value) == pair.Sum ? null : "does not fit its checksum";
    }

    private BsonDocument? Find(string collection, BsonValue id)
    {
        Query query = new();
        query.Where.Add(BsonExpression.Create("_id = @0", id));
        using IBsonDataReader reader = Load(() => engine.Query(collection, query));
        return Load(reader.Read) ? reader.Current.AsDocument : null;
    }

    /// <summary>LiteDB allocates what a document says of itself. Where there is memory for any that the store writes, that is damage.</summary>
    private static T Load<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (OutOfMemoryException failure) when (IsRoomForAPair())
        {
            throw new InvalidDataException("A document says that it is longer than any is.", failure);
        }
    }

    private static bool IsRoomForAPair()
    {
        try
        {
            return GC.AllocateUninitializedArray<byte>(2 * WriteBatch.MaxValueBytes).Length > 0;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }
}
