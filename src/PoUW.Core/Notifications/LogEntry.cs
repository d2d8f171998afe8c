using System.Buffers.Binary;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;

namespace PoUW.Core.Notifications;

/// <summary>A step in the log: 1 byte of flags, the height, what was final before the step (both 8 bytes, big endian), the block's id.</summary>
internal readonly record struct LogEntry(ChainStep Step, bool EndsChange, ulong FinalizedBefore)
{
    internal const int Bytes = 1 + 8 + 8 + Hash256.Size;

    private const byte AttachedFlag = 1;
    private const byte EndsFlag = 2;

    internal void Encode(Span<byte> into)
    {
        into[0] = (byte)((Step.Attached ? AttachedFlag : 0) | (EndsChange ? EndsFlag : 0));
        BinaryPrimitives.WriteUInt64BigEndian(into[1..], Step.Height);
        BinaryPrimitives.WriteUInt64BigEndian(into[9..], FinalizedBefore);
        Step.Id.CopyTo(into[17..]);
    }

    internal static LogEntry Decode(ReadOnlySpan<byte> stored)
    {
        if (stored.Length != Bytes || stored[0] > (AttachedFlag | EndsFlag))
        {
            throw new ChainException("A stored notification is damaged.");
        }

        ChainStep step = new((stored[0] & AttachedFlag) != 0, BinaryPrimitives.ReadUInt64BigEndian(stored[1..]), new Hash256(stored[17..]));
        return new LogEntry(step, (stored[0] & EndsFlag) != 0, BinaryPrimitives.ReadUInt64BigEndian(stored[9..]));
    }
}
