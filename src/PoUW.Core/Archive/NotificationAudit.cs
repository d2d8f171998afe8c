using System.Buffers.Binary;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Reads the log of notifications: its steps follow one another up to the last, and the block of each is known.</summary>
internal sealed class NotificationAudit(IKeyValueReader reader, ChainStore store, FindingList findings)
{
    private static ReadOnlySpan<byte> EntryPrefix => "chain/note/"u8;

    internal void Check(CancellationToken cancellation)
    {
        findings.Try(IntegrityArea.Notifications, null, () => CheckLog(cancellation), out _);
        findings.Try(IntegrityArea.Notifications, null, CheckReaders, out _);
    }

    private bool CheckLog(CancellationToken cancellation)
    {
        ulong last = reader.Get("chain/noted"u8) is { } stored ? BinaryPrimitives.ReadUInt64BigEndian(stored) : 0;
        ulong? expected = null;
        foreach ((byte[] key, byte[] value) in reader.ScanPrefix(EntryPrefix))
        {
            cancellation.ThrowIfCancellationRequested();
            ulong sequence = BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(EntryPrefix.Length));
            if (expected is { } next && sequence != next)
            {
                findings.Add(IntegrityArea.Notifications, null, $"The steps {next} to {sequence - 1} are missing.");
            }

            expected = sequence + 1;
            ChainStep step = LogEntry.Decode(value).Step;
            if (store.GetEntry(step.Id) is null)
            {
                findings.Add(IntegrityArea.Notifications, step.Height, $"The block {step.Id} of step {sequence} is not known.");
            }
        }

        if (expected is { } end && end != last + 1)
        {
            findings.Add(IntegrityArea.Notifications, null, $"The log ends with step {end - 1}, and says that it ends with {last}.");
        }

        return true;
    }

    private bool CheckReaders()
    {
        foreach ((byte[] key, byte[] value) in reader.ScanPrefix(NotificationLog.SubscriberPrefix))
        {
            Subscriber.Decode(key.AsSpan(NotificationLog.SubscriberPrefix.Length), value);
        }

        return true;
    }
}
