using System.Buffers.Binary;

namespace PoUW.Core.State.Tree;

/// <summary>How far pruning is: the next commit, part of its journal and place in the part. Stored with the base under "state/base".</summary>
internal readonly record struct PruneCursor(ulong Keep, ulong Number, int Chunk, int Offset)
{
    internal const int Bytes = 1 + 8 + 8 + 4 + 4;

    private const byte Format = 1;

    internal void Write(Span<byte> destination)
    {
        destination[0] = Format;
        BinaryPrimitives.WriteUInt64BigEndian(destination[1..], Keep);
        BinaryPrimitives.WriteUInt64BigEndian(destination[9..], Number);
        BinaryPrimitives.WriteInt32BigEndian(destination[17..], Chunk);
        BinaryPrimitives.WriteInt32BigEndian(destination[21..], Offset);
    }

    internal static PruneCursor Read(ReadOnlySpan<byte> stored)
    {
        if (stored.Length != Bytes || stored[0] != Format)
        {
            throw new StateTreeException("The stored base of the states is damaged.");
        }

        PruneCursor cursor = new(
            BinaryPrimitives.ReadUInt64BigEndian(stored[1..]),
            BinaryPrimitives.ReadUInt64BigEndian(stored[9..]),
            BinaryPrimitives.ReadInt32BigEndian(stored[17..]),
            BinaryPrimitives.ReadInt32BigEndian(stored[21..]));
        return cursor.Number <= cursor.Keep && cursor.Chunk >= 0 && cursor.Offset >= 0
            ? cursor
            : throw new StateTreeException("The stored base of the states is damaged.");
    }
}
