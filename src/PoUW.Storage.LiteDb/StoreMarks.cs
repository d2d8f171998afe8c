using LiteDB;

namespace PoUW.Storage.LiteDb;

/// <summary>What the store says of itself, written with every batch.</summary>
/// <param name="Sequence">Batches applied.</param>
/// <param name="Pairs">Pairs in the store.</param>
/// <param name="Digest">Sum of their <see cref="PairSum"/>.</param>
/// <param name="NextPart">Number of the next part of a long value.</param>
internal readonly record struct StoreMarks(long Sequence, long Pairs, ulong Digest, long NextPart)
{
    /// <summary>The layout that this software writes.</summary>
    internal const int Version = 1;

    internal static BsonValue Id { get; } = "store";

    /// <summary>The marks after a pair was replaced, added or removed; the digest wraps on purpose.</summary>
    internal StoreMarks With(StoredPair? before, StoredPair? after) => unchecked(this with
    {
        Pairs = Pairs + (after is null ? 0 : 1) - (before is null ? 0 : 1),
        Digest = Digest + (after?.Sum ?? 0) - (before?.Sum ?? 0),
    });

    internal BsonDocument ToDocument() => new()
    {
        ["_id"] = Id,
        ["version"] = Version,
        ["sequence"] = Sequence,
        ["pairs"] = Pairs,
        ["digest"] = unchecked((long)Digest),
        ["nextPart"] = NextPart,
    };

    internal static StoreMarks Read(BsonDocument document) => new(
        document["sequence"].AsInt64, document["pairs"].AsInt64, unchecked((ulong)document["digest"].AsInt64), document["nextPart"].AsInt64);
}
