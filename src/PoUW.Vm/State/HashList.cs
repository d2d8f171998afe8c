using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Vm.State;

/// <summary>Lists of hashes in RLP.</summary>
internal static class HashList
{
    /// <summary>Writes a list.</summary>
    public static void Write(RlpWriter writer, IReadOnlyList<Hash256> hashes)
    {
        writer.BeginList();
        foreach (Hash256 hash in hashes)
        {
            writer.Write(hash);
        }

        writer.EndList();
    }

    /// <summary>Reads a list of at most <paramref name="max"/> hashes.</summary>
    public static bool TryRead(ref RlpReader reader, int max, out Hash256[] hashes)
    {
        RlpReader list = reader.ReadList();
        List<Hash256> read = [];
        while (!list.AtEnd && read.Count < max)
        {
            read.Add(list.ReadHash());
        }

        hashes = [.. read];
        return list.TryFinish();
    }
}
