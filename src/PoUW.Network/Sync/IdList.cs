using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Lists of hashes in messages.</summary>
internal static class IdList
{
    /// <summary>Bytes of a hash in a list.</summary>
    internal const int ItemBytes = Hash256.Size + 1;

    // Lists of lists: the longest header of a list has five bytes.
    internal static int MaxEncodedBytes(int maxIds) => (maxIds * ItemBytes) + 5;

    internal static RlpWriter Write(RlpWriter writer, IReadOnlyList<Hash256> ids)
    {
        writer.BeginList();
        foreach (Hash256 id in ids)
        {
            writer.Write(id);
        }

        return writer.EndList();
    }

    /// <summary>Reads a list; null if it is not canonical, too short or too long.</summary>
    internal static List<Hash256>? Read(ref RlpReader outer, int minIds, int maxIds)
    {
        RlpReader items = outer.ReadList();
        List<Hash256> ids = [];
        while (!items.AtEnd && ids.Count < maxIds)
        {
            ids.Add(items.ReadHash());
        }

        return items.TryFinish() && ids.Count >= minIds ? ids : null;
    }
}
