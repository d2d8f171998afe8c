using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>The keys under "state/", written into a caller's buffer of <see cref="MaxBytes"/> bytes. Each method returns the key's part of it.</summary>
internal static class StateKeys
{
    /// <summary>Bytes of the longest key.</summary>
    internal const int MaxBytes = 64;

    private const int NumberBytes = 8;

    internal static ReadOnlySpan<byte> Last => "state/last"u8;

    internal static ReadOnlySpan<byte> Base => "state/base"u8;

    /// <summary>
    /// Pages of one commit lie together, in a store that sorts by key: "state/p/" || number || depth || prefix. A commit's pages are then
    /// written side by side, where keys that begin with the prefix would touch a page of the store each.
    /// </summary>
    internal static ReadOnlySpan<byte> Page(Span<byte> key, int depth, Hash256 prefix, ulong number)
    {
        int start = Numbered(key, "state/p/"u8, number).Length;
        return key[..(start + PagePlace(key[start..], depth, prefix))];
    }

    /// <summary>The place of a page: its depth in nibbles in one byte, and the nibbles packed. Returns the length.</summary>
    internal static int PagePlace(Span<byte> destination, int depth, Hash256 prefix)
    {
        Span<byte> path = stackalloc byte[Hash256.Size];
        prefix.CopyTo(path);
        int bytes = (depth + 1) / 2;
        destination[0] = (byte)depth;
        path[..bytes].CopyTo(destination[1..]);
        if ((depth & 1) != 0)
        {
            destination[bytes] &= 0xF0;
        }

        return 1 + bytes;
    }

    /// <summary>The newest value of a path comes first: "state/v/" || path || complement of the number.</summary>
    internal static ReadOnlySpan<byte> Value(Span<byte> key, Hash256 path, ulong number) => Newest(key, "state/v/"u8, path, number);

    /// <summary>The newest version with a root comes first: "state/root/" || root || complement of the number.</summary>
    internal static ReadOnlySpan<byte> Root(Span<byte> key, Hash256 root, ulong number) => Newest(key, "state/root/"u8, root, number);

    internal static ReadOnlySpan<byte> Version(Span<byte> key, ulong number) => Numbered(key, "state/version/"u8, number);

    internal static ReadOnlySpan<byte> Journal(Span<byte> key, ulong number, int chunk)
    {
        int length = Numbered(key, "state/journal/"u8, number).Length;
        BinaryPrimitives.WriteInt32BigEndian(key[length..], chunk);
        return key[..(length + 4)];
    }

    /// <summary>The number in a key of <see cref="Value"/> or <see cref="Root"/>.</summary>
    internal static ulong NumberOf(ReadOnlySpan<byte> key) => ~BinaryPrimitives.ReadUInt64BigEndian(key[^NumberBytes..]);

    private static ReadOnlySpan<byte> Newest(Span<byte> key, ReadOnlySpan<byte> table, Hash256 hash, ulong number)
    {
        table.CopyTo(key);
        hash.CopyTo(key[table.Length..]);
        BinaryPrimitives.WriteUInt64BigEndian(key[(table.Length + Hash256.Size)..], ~number);
        return key[..(table.Length + Hash256.Size + NumberBytes)];
    }

    private static ReadOnlySpan<byte> Numbered(Span<byte> key, ReadOnlySpan<byte> table, ulong number)
    {
        table.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key[table.Length..], number);
        return key[..(table.Length + NumberBytes)];
    }
}
