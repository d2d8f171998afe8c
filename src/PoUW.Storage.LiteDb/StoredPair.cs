using LiteDB;
using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>A pair as it lies in a document: the value itself, or where its parts are.</summary>
/// <param name="Key">The key.</param>
/// <param name="Sum">The <see cref="PairSum"/>.</param>
/// <param name="Inline">The value, or null if it lies in parts.</param>
/// <param name="FirstPart">Number of the first part.</param>
/// <param name="Length">Bytes of the value.</param>
internal sealed record StoredPair(byte[] Key, ulong Sum, byte[]? Inline, long FirstPart, int Length)
{
    /// <summary>Bytes of a part. A document of LiteDB has at most 16 MiB, a value of the store up to 64 MiB.</summary>
    internal const int PartBytes = 1 << 20;

    /// <summary>False if a value in parts has a length or a place that this store never writes: the file is damaged.</summary>
    internal bool IsPossible => Inline is not null
        || (Length is >= 0 and <= WriteBatch.MaxValueBytes && FirstPart is >= 0 and <= long.MaxValue - WriteBatch.MaxValueBytes);

    /// <summary>How many parts there are; none if what the file says is not <see cref="IsPossible"/>.</summary>
    internal int Parts => Inline is null && IsPossible ? (Length + PartBytes - 1) / PartBytes : 0;

    internal void WriteTo(BsonDocument document)
    {
        document["s"] = unchecked((long)Sum);
        if (Inline is not null)
        {
            document["v"] = Inline;
            return;
        }

        document["p"] = FirstPart;
        document["n"] = Length;
    }

    internal static StoredPair Read(byte[] key, BsonDocument document)
    {
        ulong sum = unchecked((ulong)document["s"].AsInt64);
        BsonValue value = document["v"];
        return value.IsBinary
            ? new StoredPair(key, sum, value.AsBinary, 0, value.AsBinary.Length)
            : new StoredPair(key, sum, null, document["p"].AsInt64, document["n"].AsInt32);
    }
}
