using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// One thing that a commit did, and what it replaced. Bytes: kind || number of the replaced entry || path of the value, or place of the
/// page (see <see cref="StateKeys.PagePlace"/>).
/// </summary>
internal readonly record struct JournalEntry(JournalKind Kind, ulong OldNumber, int Depth, Hash256 Path)
{
    /// <summary>Bytes of the longest entry.</summary>
    internal const int MaxBytes = 1 + 8 + 1 + Hash256.Size;

    internal bool IsPage => Kind is JournalKind.PageWritten or JournalKind.PageGone;

    /// <summary>Writes the entry and returns its length.</summary>
    internal int Write(Span<byte> destination)
    {
        destination[0] = (byte)Kind;
        BinaryPrimitives.WriteUInt64BigEndian(destination[1..], OldNumber);
        if (IsPage)
        {
            return 9 + StateKeys.PagePlace(destination[9..], Depth, Path);
        }

        Path.CopyTo(destination[9..]);
        return 9 + Hash256.Size;
    }

    /// <summary>Reads an entry and returns its length; 0 if the bytes are none.</summary>
    internal static int Read(ReadOnlySpan<byte> stored, out JournalEntry entry)
    {
        entry = default;
        if (stored.Length < 10 || stored[0] > (byte)JournalKind.PageGone)
        {
            return 0;
        }

        JournalKind kind = (JournalKind)stored[0];
        bool isPage = kind is JournalKind.PageWritten or JournalKind.PageGone;
        int depth = isPage ? stored[9] : 0;
        int at = isPage ? 10 : 9;
        int bytes = isPage ? (depth + 1) / 2 : Hash256.Size;
        if (depth >= Hash256.Size * 2 || stored.Length < at + bytes)
        {
            return 0;
        }

        Span<byte> path = stackalloc byte[Hash256.Size];
        path.Clear();
        stored.Slice(at, bytes).CopyTo(path);
        entry = new JournalEntry(kind, BinaryPrimitives.ReadUInt64BigEndian(stored[1..]), depth, new Hash256(path));
        return at + bytes;
    }
}
