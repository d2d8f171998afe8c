using System.Buffers.Binary;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Economics.Jobs;
using PoUW.Training.Ledger;

namespace PoUW.Training.Journal;

/// <summary>
/// What this node has promised or will promise on chain about jobs: the records of its units, and its audit verdicts with their salts.
/// An entry is durable before the first transaction that depends on it is sent, so a node that restarts says the same again and never
/// two different things. Belongs to one account; lives in the node's own store, which is trusted, under the prefix "journal/". Thread-safe.
/// </summary>
/// <remarks>
/// Key: "journal/" || job || kind || unit || attempt || context. The context of a record is its inputs digest, that of a verdict
/// identifies the draw of auditors, so entries of a branch that a reorganisation undid cannot be mistaken for those of another.
/// </remarks>
public sealed class JobJournal(IKeyValueStore store)
{
    private const byte RecordKind = 1;
    private const byte VerdictKind = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, ulong> _closedAt = [];
    private ulong? _prunedAt;

    private static ReadOnlySpan<byte> Prefix => "journal/"u8;

    /// <summary>The record of a unit that was computed under a lease from some inputs, or null.</summary>
    public UnitRecord? FindRecord(Hash256 jobId, ulong unit, ulong attempt, Hash256 inputsDigest) =>
        store.Get(KeyOf(jobId, RecordKind, unit, attempt, inputsDigest)) is { } stored ? DecodeRecord(stored) : null;

    /// <summary>Makes a record durable; adding it twice changes nothing.</summary>
    /// <exception cref="TrainingException">Another record is there for the same lease and inputs.</exception>
    public void Add(UnitRecord record) =>
        Add(KeyOf(record.JobId, RecordKind, record.Unit, record.Attempt, record.InputsDigest), record.Encode());

    /// <summary>
    /// Makes a record durable in place of what is there for the same lease and inputs. For lane T, where an honest unit that is run again has other bits, and only as
    /// long as the ledger holds no record of the unit; in exact lanes another record is a contradiction.
    /// </summary>
    public void Replace(UnitRecord record)
    {
        lock (_gate)
        {
            store.Apply(new WriteBatch().Put(KeyOf(record.JobId, RecordKind, record.Unit, record.Attempt, record.InputsDigest), record.Encode()));
        }
    }

    /// <summary>The verdict on a unit under one draw of auditors, or null.</summary>
    public AuditReveal? FindVerdict(Hash256 jobId, ulong unit, ulong attempt, Hash256 draw) =>
        store.Get(KeyOf(jobId, VerdictKind, unit, attempt, draw)) is { } stored ? DecodeVerdict(stored) : null;

    /// <summary>All verdicts on a unit under one lease, whatever the draw.</summary>
    public IReadOnlyList<AuditReveal> VerdictsOn(Hash256 jobId, ulong unit, ulong attempt) =>
        [.. store.ScanPrefix(KeyOf(jobId, VerdictKind, unit, attempt)).Select(static entry => DecodeVerdict(entry.Value))];

    /// <summary>Makes a verdict durable; adding it twice changes nothing.</summary>
    /// <exception cref="TrainingException">Another verdict is there for the same draw.</exception>
    public void Add(Hash256 draw, AuditReveal verdict) =>
        Add(KeyOf(verdict.JobId, VerdictKind, verdict.Unit, verdict.Attempt, draw), verdict.Encode());

    /// <summary>
    /// Removes the entries of jobs that ended. A job counts as ended once a block at which it was closed is final, since a reorganisation
    /// could open it again before. Entries of jobs that the state does not know stay: the node may be catching up. Does nothing unless the
    /// final height has moved since the last call.
    /// </summary>
    public void Prune(LedgerView view)
    {
        lock (_gate)
        {
            if (_prunedAt == view.FinalizedHeight)
            {
                return;
            }

            _prunedAt = view.FinalizedHeight;
            foreach (IGrouping<Hash256, byte[]> job in store.ScanPrefix(Prefix).Select(static entry => entry.Key).GroupBy(JobOf).ToList())
            {
                if (IsEnded(job.Key, view))
                {
                    Remove(job);
                }
            }
        }
    }

    private bool IsEnded(Hash256 jobId, LedgerView view)
    {
        if (JobLedger.GetJob(view.State, jobId) is not { IsOpen: false })
        {
            _closedAt.Remove(jobId);
            return false;
        }

        if (!_closedAt.TryGetValue(jobId, out ulong closedAt))
        {
            closedAt = view.Height;
            _closedAt.Add(jobId, closedAt);
        }

        return view.FinalizedHeight >= closedAt && _closedAt.Remove(jobId);
    }

    private void Remove(IEnumerable<byte[]> keys)
    {
        WriteBatch batch = new();
        foreach (byte[] key in keys)
        {
            batch.Delete(key);
        }

        store.Apply(batch);
    }

    private void Add(byte[] key, byte[] value)
    {
        lock (_gate)
        {
            if (store.Get(key) is not { } stored)
            {
                store.Apply(new WriteBatch().Put(key, value));
            }
            else if (!stored.AsSpan().SequenceEqual(value))
            {
                throw new TrainingException("The journal holds another result for the same unit; this one is not sent.");
            }
        }
    }

    private static Hash256 JobOf(byte[] key) => new(key.AsSpan(Prefix.Length, Hash256.Size));

    private static byte[] KeyOf(Hash256 jobId, byte kind, ulong unit, ulong attempt, Hash256? context = null)
    {
        byte[] numbers = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(numbers, unit);
        BinaryPrimitives.WriteUInt64BigEndian(numbers.AsSpan(8), attempt);
        return [.. Prefix, .. jobId.ToArray(), kind, .. numbers, .. context?.ToArray() ?? []];
    }

    private static UnitRecord DecodeRecord(byte[] stored) => UnitRecord.TryDecode(stored, out UnitRecord? record) is { IsValid: false } problem
        ? throw new TrainingException($"A record in the journal cannot be read: {problem}")
        : record!;

    private static AuditReveal DecodeVerdict(byte[] stored) => AuditReveal.TryDecode(stored, out AuditReveal? verdict) is { IsValid: false } problem
        ? throw new TrainingException($"A verdict in the journal cannot be read: {problem}")
        : verdict!;
}
