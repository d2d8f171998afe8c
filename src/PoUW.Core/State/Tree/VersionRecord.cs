using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>What the store keeps about a commit, under "state/version/".</summary>
/// <param name="Root">The state root.</param>
/// <param name="Page">The number of the commit that wrote the root page; 0 for an empty tree.</param>
/// <param name="Parent">The commit below; 0 for the empty state.</param>
/// <param name="From">The first number of the run of commits that it belongs to; see <see cref="Segment"/>.</param>
/// <param name="JournalChunks">How many parts its journal has.</param>
internal readonly record struct VersionRecord(Hash256 Root, ulong Page, ulong Parent, ulong From, int JournalChunks)
{
    internal const int Bytes = 1 + Hash256.Size + (3 * 8) + 4;

    private const byte Format = 1;

    internal void Write(Span<byte> destination)
    {
        destination[0] = Format;
        Root.CopyTo(destination[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(destination[33..], Page);
        BinaryPrimitives.WriteUInt64BigEndian(destination[41..], Parent);
        BinaryPrimitives.WriteUInt64BigEndian(destination[49..], From);
        BinaryPrimitives.WriteInt32BigEndian(destination[57..], JournalChunks);
    }

    internal static VersionRecord Read(ReadOnlySpan<byte> stored, ulong number)
    {
        if (stored.Length != Bytes || stored[0] != Format)
        {
            throw new StateTreeException($"The stored record of state {number} is damaged.");
        }

        VersionRecord record = new(
            new Hash256(stored.Slice(1, Hash256.Size)),
            BinaryPrimitives.ReadUInt64BigEndian(stored[33..]),
            BinaryPrimitives.ReadUInt64BigEndian(stored[41..]),
            BinaryPrimitives.ReadUInt64BigEndian(stored[49..]),
            BinaryPrimitives.ReadInt32BigEndian(stored[57..]));
        bool possible = record.Parent < number && record.Page <= number && record.From <= number && record.JournalChunks >= 0
            && record.Root.IsZero == (record.Page == 0);
        return possible ? record : throw new StateTreeException($"The stored record of state {number} is damaged.");
    }
}
