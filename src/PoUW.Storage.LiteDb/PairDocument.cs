using LiteDB;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// How pairs lie in documents. LiteDB takes at most 1,023 bytes of key in an index and the store up to 1,024, so the id of a document is the
/// first <see cref="IdBytes"/> bytes of the key: a shorter key has a document of its own, longer ones with the same beginning share one. The
/// order of the ids, with that inside the documents, is the order of the keys.
/// </summary>
internal static class PairDocument
{
    private const int IdBytes = 1000;
    private const string Shared = "m";
    private const string Rest = "k";

    internal static byte[] IdOf(ReadOnlySpan<byte> key) => key[..Math.Min(key.Length, IdBytes)].ToArray();

    /// <summary>A value that lies inside its document, not in parts. Documents that several pairs share must stay small.</summary>
    internal static bool IsInline(ReadOnlySpan<byte> key, int valueBytes) => valueBytes <= (key.Length < IdBytes ? StoredPair.PartBytes : 64);

    /// <summary>The pairs of a document, in order.</summary>
    /// <exception cref="InvalidDataException">It has none: the file is damaged.</exception>
    internal static List<StoredPair> Read(BsonDocument document)
    {
        byte[] id = Bytes(document["_id"]);
        return document[Shared] is BsonArray shared
            ? [.. shared.Select(pair => StoredPair.Read([.. id, .. Bytes(pair[Rest])], pair.AsDocument))]
            : [StoredPair.Read(id, document)];
    }

    /// <summary>The document of pairs that have one id, in order.</summary>
    internal static BsonDocument Write(byte[] id, List<StoredPair> pairs)
    {
        BsonDocument document = new() { ["_id"] = id };
        if (id.Length < IdBytes)
        {
            pairs[0].WriteTo(document);
            return document;
        }

        BsonArray shared = [];
        foreach (StoredPair pair in pairs)
        {
            BsonDocument part = new() { [Rest] = pair.Key[IdBytes..] };
            pair.WriteTo(part);
            shared.Add(part);
        }

        document[Shared] = shared;
        return document;
    }

    private static byte[] Bytes(BsonValue key) =>
        key.IsBinary ? key.AsBinary : throw new InvalidDataException($"A document of {PairTable.Pairs} has no key of bytes.");
}
