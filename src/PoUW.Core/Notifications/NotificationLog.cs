using System.Buffers.Binary;
using PoUW.Core.Chain;
using PoUW.Core.Storage;

namespace PoUW.Core.Notifications;

/// <summary>
/// The durable log of steps and the places of its readers, under "chain/note/", "chain/noted" and "chain/reader/". A step is written in the
/// batch that makes it, so a crash loses none and doubles none. Without subscribers nothing is written. <see cref="Write"/> and
/// <see cref="Advance"/> are called under the chain's lock, everything else from any thread; the log's own lock is held while a subscriber's
/// place is written, never while the chain writes a block, and never calls the chain.
/// </summary>
internal sealed class NotificationLog
{
    private const int MaxSubscribers = 64;
    private const int TrimmedPerStep = 64;
    private const int TrimmedPerFinish = 1024;
    private const int NumberBytes = 8;

    private readonly Lock _gate = new();
    private readonly IKeyValueStore _store;
    private readonly ChainStore _chain;
    private readonly List<Subscriber> _subscribers;
    private TaskCompletionSource _changed = NewSignal();
    private ulong _first;
    private ulong _last;
    private ulong _nextFirst;
    private ulong _nextLast;
    private ChainPoint _tip;

    internal NotificationLog(IKeyValueStore store, ChainStore chain, ChainHead head)
    {
        (_store, _chain, _tip) = (store, chain, PointOf(head));
        (_first, _last, _subscribers) = (1, 0, []);
        if (store.Get(LastKey) is { } stored)
        {
            _last = Number(stored);
            IReadOnlyList<KeyValuePair<byte[], byte[]>> first = store.Scan(EntryPrefix, KeyValueReaderExtensions.EndOf(EntryPrefix), 1);
            _first = first.Count > 0 ? Number(first[0].Key.AsSpan(EntryPrefix.Length)) : _last + 1;
            _subscribers.AddRange(
                store.ScanPrefix(SubscriberPrefix).Select(pair => Subscriber.Decode(pair.Key.AsSpan(SubscriberPrefix.Length), pair.Value)));
        }
    }

    internal static ReadOnlySpan<byte> SubscriberPrefix => "chain/reader/"u8;

    private static ReadOnlySpan<byte> EntryPrefix => "chain/note/"u8;

    private static ReadOnlySpan<byte> LastKey => "chain/noted"u8;

    /// <summary>Ends when there is something new to read.</summary>
    internal Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Adds the steps of a change of the head to the batch of the change.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="steps">The steps in their order.</param>
    /// <param name="finalized">The finalized height before the change: every step is above it.</param>
    internal void Write(WriteBatch batch, ReadOnlySpan<ChainStep> steps, ulong finalized)
    {
        lock (_gate)
        {
            (_nextFirst, _nextLast) = (_first, _last);
            if (_subscribers.Count == 0 && _first > _last)
            {
                return;
            }

            if (_subscribers.Count > 0)
            {
                WriteSteps(batch, steps, finalized);
                DropLaggards(batch);
            }

            _nextFirst = Trim(batch, Math.Min(LowestPin(null, 0), _last), (ulong)(TrimmedPerStep + steps.Length));
        }
    }

    /// <summary>The batch of the last <see cref="Write"/> is durable.</summary>
    internal void Advance(ChainHead head)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            (_last, _first, _tip) = (_nextLast, Math.Max(_first, _nextFirst), PointOf(head));
            foreach (Subscriber subscriber in _subscribers)
            {
                subscriber.IsDirty = false;
            }

            signal = Renew();
        }

        signal.SetResult();
    }

    /// <summary>The lowest height that a subscriber still needs, given what is final now.</summary>
    internal ulong PruneLimit(ulong finalized)
    {
        lock (_gate)
        {
            foreach (Subscriber subscriber in _subscribers)
            {
                if (subscriber.Pin is { } pin && pin < _last)
                {
                    // All its steps are above what was final before the first of them.
                    finalized = Math.Min(finalized, ReadEntry(pin + 1).FinalizedBefore);
                }
            }

            return finalized;
        }
    }

    internal ChainSubscription Open(string name, ChainSubscriptionOptions options)
    {
        lock (_gate)
        {
            Subscriber? subscriber = _subscribers.Find(known => known.Name == name);
            bool isNew = subscriber is null;
            if (subscriber is null)
            {
                if (_subscribers.Count == MaxSubscribers)
                {
                    throw new InvalidOperationException($"A chain has at most {MaxSubscribers} subscribers.");
                }

                subscriber = new Subscriber(name) { Finished = _last, FinishedAt = _tip };
            }
            else if (subscriber.Reader is not null)
            {
                throw new InvalidOperationException($"The subscription {name} is open.");
            }

            // The number is there from the first subscriber on: without it there is nothing to look for when the chain is opened.
            WriteBatch batch = new();
            batch.Put(subscriber.Key(), subscriber.Encode(options));
            PutNumber(batch, LastKey, _last);
            _store.Apply(batch);
            (subscriber.Policy, subscriber.MaxLag) = (options.Policy, options.MaxLag);
            if (isNew)
            {
                _subscribers.Add(subscriber);
            }

            subscriber.Rewind();
            return subscriber.Reader = new ChainSubscription(this, subscriber, isNew);
        }
    }

    internal void Close(Subscriber subscriber, ChainSubscription reader)
    {
        lock (_gate)
        {
            if (subscriber.Reader == reader)
            {
                subscriber.Reader = null;
                subscriber.Rewind();
            }
        }
    }

    internal bool Remove(string name)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            if (_subscribers.Find(known => known.Name == name) is not { } subscriber)
            {
                return false;
            }

            _store.Apply(new WriteBatch().Delete(subscriber.Key()));
            _subscribers.Remove(subscriber);
            subscriber.Reader = null;
            signal = Renew();
        }

        // Its reader wakes and finds itself closed.
        signal.SetResult();
        return true;
    }

    internal IReadOnlyList<ChainSubscriberStatus> Statuses()
    {
        lock (_gate)
        {
            return
            [
                .. _subscribers.OrderBy(each => each.Name, StringComparer.Ordinal).Select(each => new ChainSubscriberStatus(
                    each.Name, each.Policy, each.FinishedAt, _last - each.Finished, each.Reader is not null, each.Lagged)),
            ];
        }
    }

    internal ChainPoint FinishedOf(Subscriber subscriber)
    {
        lock (_gate)
        {
            return subscriber.FinishedAt;
        }
    }

    /// <summary>The next step of a reader; null if there is none yet.</summary>
    internal ChainNotification? TryRead(Subscriber subscriber, ChainSubscription reader)
    {
        while (true)
        {
            ulong sequence;
            LogEntry entry;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(subscriber.Reader != reader, reader);
                if (subscriber is { Lagged: true, Pin: null })
                {
                    (subscriber.Pin, subscriber.Read) = (_last, _last);
                    return subscriber.Mark = new LaggedNotification(_last, _tip);
                }

                if (subscriber.Read == _last)
                {
                    return null;
                }

                sequence = subscriber.Read + 1;
                entry = ReadEntry(sequence);
            }

            ChainNotification? notification = Load(sequence, entry);
            lock (_gate)
            {
                // A reader that was disposed of meanwhile must not move the place of the next one.
                ObjectDisposedException.ThrowIf(subscriber.Reader != reader, reader);

                // A drop in between may have let the block be pruned; the mark says so.
                if (subscriber.Pin is not null)
                {
                    subscriber.Read = sequence;
                    return notification ?? throw new ChainException($"The block {entry.Step.Id} of notification {sequence} is missing.");
                }
            }
        }
    }

    /// <summary>Stores that a subscriber needs nothing up to a step; false if it was dropped since it read the step.</summary>
    internal bool Finish(Subscriber subscriber, ChainSubscription reader, ulong sequence)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(subscriber.Reader != reader, reader);
            if (subscriber.Lagged && (subscriber.Pin is not { } pin || sequence < pin))
            {
                return false;
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, subscriber.Read);
            if (sequence <= subscriber.Finished)
            {
                return true;
            }

            ChainPoint tip = subscriber.Mark is { } mark && mark.Sequence == sequence ? mark.Tip : TipAfter(ReadEntry(sequence).Step);
            WriteBatch batch = new();
            batch.Put(subscriber.Key(), subscriber.EncodeFinished(sequence, tip));
            ulong first = Trim(batch, LowestPin(subscriber, sequence), TrimmedPerFinish);
            _store.Apply(batch);
            (subscriber.Finished, subscriber.FinishedAt, subscriber.Pin) = (sequence, tip, sequence);
            (subscriber.Lagged, subscriber.Mark) = (false, null);
            _first = first;
            return true;
        }
    }

    private ChainNotification? Load(ulong sequence, LogEntry entry)
    {
        if (_chain.GetBlock(entry.Step.Id) is not { } block)
        {
            return null;
        }

        if (!entry.Step.Attached)
        {
            return new DetachedNotification(sequence, block);
        }

        return _chain.GetReceipts(entry.Step.Id) is { } receipts ? new AttachedNotification(sequence, block, receipts, entry.EndsChange) : null;
    }

    private void WriteSteps(WriteBatch batch, ReadOnlySpan<ChainStep> steps, ulong finalized)
    {
        Span<byte> key = stackalloc byte[EntryPrefix.Length + NumberBytes];
        Span<byte> entry = stackalloc byte[LogEntry.Bytes];
        for (int i = 0; i < steps.Length; i++)
        {
            new LogEntry(steps[i], i == steps.Length - 1, finalized).Encode(entry);
            batch.Put(EntryKey(key, ++_nextLast), entry);
        }

        PutNumber(batch, LastKey, _nextLast);
    }

    private void DropLaggards(WriteBatch batch)
    {
        foreach (Subscriber subscriber in _subscribers)
        {
            if (subscriber is { Policy: LagPolicy.Drop, Pin: { } pin } && _nextLast - pin > subscriber.MaxLag)
            {
                subscriber.Drop();
            }

            if (subscriber.IsDirty)
            {
                batch.Put(subscriber.Key(), subscriber.Encode());
            }
        }
    }

    /// <summary>The lowest step that a subscriber does not need any more, one of them taken to be at another place; the last if none does.</summary>
    private ulong LowestPin(Subscriber? moved, ulong to)
    {
        ulong lowest = moved is null ? _last : to;
        foreach (Subscriber subscriber in _subscribers)
        {
            lowest = Math.Min(lowest, subscriber == moved ? to : subscriber.Pin ?? lowest);
        }

        return lowest;
    }

    /// <summary>Deletes the first steps of the log up to one that nobody needs, a bounded number of them; the first that is left.</summary>
    private ulong Trim(WriteBatch batch, ulong end, ulong most)
    {
        Span<byte> key = stackalloc byte[EntryPrefix.Length + NumberBytes];
        ulong at = _first;
        for (; at <= end && at - _first < most; at++)
        {
            batch.Delete(EntryKey(key, at));
        }

        return at;
    }

    private LogEntry ReadEntry(ulong sequence) => _store.Get(EntryKey(stackalloc byte[EntryPrefix.Length + NumberBytes], sequence)) is { } stored
        ? LogEntry.Decode(stored)
        : throw new ChainException($"The stored notification {sequence} is missing.");

    private ChainPoint TipAfter(ChainStep step)
    {
        if (step.Attached)
        {
            return new ChainPoint(step.Height, step.Id);
        }

        BlockEntry left = _chain.GetEntry(step.Id) ?? throw new ChainException($"The stored block {step.Id} is missing.");
        return new ChainPoint(step.Height - 1, left.Header.ParentHash);
    }

    private TaskCompletionSource Renew()
    {
        TaskCompletionSource signal = _changed;
        _changed = NewSignal();
        return signal;
    }

    private static ChainPoint PointOf(ChainHead head) => new(head.Height, head.Id);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ReadOnlySpan<byte> EntryKey(Span<byte> key, ulong sequence)
    {
        EntryPrefix.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(key[EntryPrefix.Length..], sequence);
        return key;
    }

    private static void PutNumber(WriteBatch batch, ReadOnlySpan<byte> key, ulong value)
    {
        Span<byte> bytes = stackalloc byte[NumberBytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        batch.Put(key, bytes);
    }

    private static ulong Number(ReadOnlySpan<byte> stored) => stored.Length == NumberBytes
        ? BinaryPrimitives.ReadUInt64BigEndian(stored)
        : throw new ChainException("The stored log of notifications is damaged.");
}
