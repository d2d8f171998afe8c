using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;

namespace PoUW.Core.Notifications;

/// <summary>
/// What the log knows about a subscriber: its record, which is stored, and where its reader is, which is not. Record: flags (policy, lagged), the
/// bound of its lag, the last finished step, the tip after it; numbers are 8 bytes, big endian. The log locks.
/// </summary>
internal sealed class Subscriber(string name)
{
    internal const int MaxNameBytes = 64;

    private const int RecordBytes = 1 + 8 + 8 + 8 + Hash256.Size;
    private const byte DropFlag = 1;
    private const byte LaggedFlag = 2;

    internal string Name { get; } = name;

    internal LagPolicy Policy { get; set; }

    internal ulong MaxLag { get; set; }

    /// <summary>The last finished step.</summary>
    internal ulong Finished { get; set; }

    /// <summary>The tip after <see cref="Finished"/>.</summary>
    internal ChainPoint FinishedAt { get; set; }

    /// <summary>True from the drop until the mark of it is finished.</summary>
    internal bool Lagged { get; set; }

    /// <summary>The last step that it does not need any more; null for one that was dropped and has not read the mark.</summary>
    internal ulong? Pin { get; set; }

    /// <summary>The last step that was read.</summary>
    internal ulong Read { get; set; }

    /// <summary>The mark of a drop that was read and not finished.</summary>
    internal LaggedNotification? Mark { get; set; }

    /// <summary>True if the record is newer than the stored one: a drop is stored with the next step.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>The reader; null while there is none.</summary>
    internal ChainSubscription? Reader { get; set; }

    /// <summary>Puts the reader back to what was finished.</summary>
    internal void Rewind()
    {
        (Read, Mark) = (Finished, null);
        Pin = Lagged ? null : Finished;
    }

    internal void Drop() => (Lagged, Pin, Mark, IsDirty) = (true, null, null, true);

    internal byte[] Key() => KeyOf(Name);

    internal static byte[] KeyOf(string name) => [.. NotificationLog.SubscriberPrefix, .. Encoding.ASCII.GetBytes(name)];

    internal byte[] Encode() => Encode(Policy, MaxLag, Finished, FinishedAt, Lagged);

    /// <summary>The record as it is with other options.</summary>
    internal byte[] Encode(ChainSubscriptionOptions options) => Encode(options.Policy, options.MaxLag, Finished, FinishedAt, Lagged);

    /// <summary>The record as it is once a step is finished.</summary>
    internal byte[] EncodeFinished(ulong finished, ChainPoint at) => Encode(Policy, MaxLag, finished, at, lagged: false);

    private static byte[] Encode(LagPolicy policy, ulong maxLag, ulong finished, ChainPoint at, bool lagged)
    {
        byte[] record = new byte[RecordBytes];
        record[0] = (byte)((policy == LagPolicy.Drop ? DropFlag : 0) | (lagged ? LaggedFlag : 0));
        BinaryPrimitives.WriteUInt64BigEndian(record.AsSpan(1), maxLag);
        BinaryPrimitives.WriteUInt64BigEndian(record.AsSpan(9), finished);
        BinaryPrimitives.WriteUInt64BigEndian(record.AsSpan(17), at.Height);
        at.Id.CopyTo(record.AsSpan(25));
        return record;
    }

    internal static Subscriber Decode(ReadOnlySpan<byte> name, ReadOnlySpan<byte> record)
    {
        if (record.Length != RecordBytes || record[0] > (DropFlag | LaggedFlag))
        {
            throw new ChainException("The stored record of a subscriber is damaged.");
        }

        Subscriber subscriber = new(Encoding.ASCII.GetString(name))
        {
            Policy = (record[0] & DropFlag) != 0 ? LagPolicy.Drop : LagPolicy.HoldPruning,
            Lagged = (record[0] & LaggedFlag) != 0,
            MaxLag = BinaryPrimitives.ReadUInt64BigEndian(record[1..]),
            Finished = BinaryPrimitives.ReadUInt64BigEndian(record[9..]),
            FinishedAt = new ChainPoint(BinaryPrimitives.ReadUInt64BigEndian(record[17..]), new Hash256(record[25..])),
        };
        subscriber.Rewind();
        return subscriber;
    }
}
