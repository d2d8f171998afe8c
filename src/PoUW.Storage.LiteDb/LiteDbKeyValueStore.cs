using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// A store in a LiteDB file (docs/extras.md), for hosts that keep LiteDB files already; <c>SqliteKeyValueStore</c> is faster and the default. A
/// batch is synced before <see cref="Apply"/> returns. One process at a time may open the file. All members may be called from any thread:
/// reads run beside each other and wait for a commit. Every pair is checked when it is read.
/// </summary>
public sealed class LiteDbKeyValueStore : IKeyValueStore, IStoreSelfCheck
{
    // LiteDB has 100 transactions at most, and calls one more a damaged file.
    private const int MostReaders = 40;

    private readonly SemaphoreSlim _readers = new(MostReaders);
    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.NoRecursion);
    private readonly List<LiteDbSnapshot> _snapshots = [];
    private readonly LiteDbStoreOptions _options;
    private readonly string _path;
    private volatile StoreSession? _session;
    private volatile bool _damageSeen;
    private bool _disposed;

    /// <summary>Opens a database file, or creates it together with its folder. Other collections of the file are left alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="LiteDbStoreException">The file cannot be written, is in use, damaged or of a newer version.</exception>
    public LiteDbKeyValueStore(string path, LiteDbStoreOptions? options = null)
    {
        _options = options ?? new LiteDbStoreOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaxSnapshots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaxSnapshotBytes);
        _path = Path.GetFullPath(path);
        FileInfo log = new(StoreSession.LogOf(_path));
        WasClosedCleanly = !File.Exists(StoreSession.SealOf(_path)) && log is not { Exists: true, Length: > 0 };
        _damageSeen = !WasClosedCleanly;
        try
        {
            _session = StoreSession.Open(_path);
            _ = _session.Table.Marks();
        }
        catch (Exception failure)
        {
            if (_session is { } opened)
            {
                _damageSeen |= failure is not StoreException { Failure: StoreFailure.NewerVersion };
                opened.GiveUp(failure);
                CloseFiles();
            }

            if (LiteDbStoreException.Explains(failure))
            {
                throw LiteDbStoreException.Of(_path, failure);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Until <see cref="CheckIntegrity"/> has found nothing, closing the store does not make it clean again.</remarks>
    public bool WasClosedCleanly { get; }

    /// <inheritdoc/>
    /// <exception cref="LiteDbStoreException">The file cannot be read, or the value is damaged.</exception>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        byte[] wanted = key.ToArray();
        return Read(table => Value(table, wanted));
    }

    /// <inheritdoc/>
    /// <exception cref="LiteDbStoreException">The file cannot be read, or a value is damaged.</exception>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        (byte[] first, byte[] last) = (from.ToArray(), end.ToArray());
        return Read(table => Range(table, first, last).Take(limit).ToList());
    }

    /// <inheritdoc/>
    /// <exception cref="LiteDbStoreException">Nothing was written; the store can be used again once the cause is gone.</exception>
    public void Apply(WriteBatch batch)
    {
        _gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (batch.Count > 0)
            {
                Guarded(Session, session => Commit(session, batch));
            }
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="LiteDbStoreException">Too many are open.</exception>
    public IKeyValueSnapshot Snapshot()
    {
        _gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_snapshots.Count == _options.MaxSnapshots)
            {
                throw new LiteDbStoreException(
                    StoreFailure.Unavailable, $"The database '{_path}' has {_snapshots.Count} snapshots open, which is the most it may have: dispose of one first.");
            }

            LiteDbSnapshot snapshot = new(this);
            _snapshots.Add(snapshot);
            return snapshot;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Batches wait while it runs.</remarks>
    public IReadOnlyList<string> CheckIntegrity(IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        IReadOnlyList<string> problems;
        try
        {
            problems = Read(table => IntegrityCheck.Run(table, progress, cancellation));
        }
        catch (LiteDbStoreException failure) when (failure.Failure == StoreFailure.Corrupt)
        {
            problems = [failure.Message];
        }

        _damageSeen = problems.Count > 0;
        return problems;
    }

    /// <summary>Closes the file, and with it all snapshots, when the calls that run are over.</summary>
    /// <remarks>If that fails, the files stay as a crash leaves them: the next opening goes on from there, and <see cref="WasClosedCleanly"/> tells.</remarks>
    public void Dispose()
    {
        _gate.EnterWriteLock();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                EndSnapshots("");
                CloseFiles();
            }
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    internal static byte[]? Value(PairTable table, byte[] key) => table.Find(key) is { } pair ? table.Value(pair) : null;

    internal static IEnumerable<KeyValuePair<byte[], byte[]>> Range(PairTable table, byte[] from, byte[] end) => table.From(from)
        .TakeWhile(pair => end.Length == 0 || pair.Key.AsSpan().SequenceCompareTo(end) < 0)
        .Select(pair => new KeyValuePair<byte[], byte[]>(pair.Key, table.Value(pair)));

    /// <summary>Reads between two batches.</summary>
    internal T Read<T>(Func<PairTable, T> read)
    {
        _readers.Wait();
        try
        {
            return ReadNow(read);
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>Ends a snapshot; a second time, or after the store, there is nothing to do.</summary>
    internal void Release(LiteDbSnapshot snapshot)
    {
        _gate.EnterWriteLock();
        try
        {
            snapshot.End("");
            _snapshots.Remove(snapshot);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private T ReadNow<T>(Func<PairTable, T> read)
    {
        Renew();
        _gate.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Guarded(
                () => _session ?? throw LiteDbStoreException.ClosedMeanwhile(_path, new IOException("It could not be opened again.")),
                session => read(session.Table));
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Opens the files anew if they failed, while nobody reads.</summary>
    private void Renew()
    {
        if (_session is { Failure: null })
        {
            return;
        }

        _gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Guarded(Session, static _ => true);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Names failures, and gives up a session that had one: LiteDB does not go on after a failed file.</summary>
    private T Guarded<T>(Func<StoreSession> get, Func<StoreSession, T> use)
    {
        StoreSession? session = null;
        try
        {
            session = get();
            return use(session);
        }
        catch (LiteDbStoreException failure)
        {
            _damageSeen |= failure.Failure == StoreFailure.Corrupt;
            throw;
        }
        catch (Exception failure) when (LiteDbStoreException.Explains(failure))
        {
            LiteDbStoreException named = session is null || session.GiveUp(failure) == failure
                ? LiteDbStoreException.Of(_path, failure)
                : LiteDbStoreException.ClosedMeanwhile(_path, failure);
            _damageSeen |= named.Failure == StoreFailure.Corrupt;
            throw named;
        }
    }

    private bool Commit(StoreSession session, WriteBatch batch)
    {
        try
        {
            if (!session.Commit(table => Write(table, batch)))
            {
                session.GiveUp(new IOException("The log could not be emptied."));
            }

            return true;
        }
        catch (Exception failure)
        {
            session.GiveUp(failure); // Its transaction is open, and the next batch on this thread would be part of it.
            throw;
        }
    }

    private void Write(PairTable table, WriteBatch batch)
    {
        StoreMarks marks = table.Marks() ?? default;
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation operation = batch[i];
            List<StoredPair> pairs = table.Beside(operation.Key);
            int place = PairTable.IndexOf(pairs, operation.Key);
            StoredPair? before = place < 0 ? null : pairs[place];
            if (_snapshots.Count > 0)
            {
                byte[] key = operation.Key.ToArray();
                byte[]? former = null;
                bool isRead = false;
                _snapshots.ForEach(snapshot => snapshot.Remember(key, () =>
                {
                    (former, isRead) = (isRead || before is null ? former : table.Value(before), true);
                    return former;
                }));
                LimitSnapshots();
            }

            StoredPair? after = operation.IsDelete ? null : table.Create(operation.Key, operation.Value, marks.NextPart);
            if (before is not null || after is not null)
            {
                table.Replace(operation.Key, pairs, after);
                marks = marks.With(before, after) with { NextPart = marks.NextPart + (after?.Parts ?? 0) };
            }
        }

        table.SetMarks(marks with { Sequence = marks.Sequence + 1 });
    }

    /// <summary>The session, opened anew if the last one failed. The caller has the write lock: nobody reads from what is closed here.</summary>
    private StoreSession Session()
    {
        if (_session is { Failure: not null } failed)
        {
            _session = null;
            failed.Dispose();
        }

        return _session ??= StoreSession.Open(_path);
    }

    /// <summary>Opens the files anew if they failed: what a failed batch left in the log goes, and what was acknowledged leaves it.</summary>
    private void CloseFiles()
    {
        try
        {
            Session().Close(_path, isWell: !_damageSeen);
        }
        catch (Exception failure) when (failure is StoreException || LiteDbStoreException.Explains(failure))
        {
            // Nobody who closes a store could do more about it than the next opening does.
        }
    }

    private void LimitSnapshots()
    {
        if (_snapshots.Sum(snapshot => snapshot.Bytes) > _options.MaxSnapshotBytes)
        {
            EndSnapshots($"The snapshots of '{_path}' were ended: what they kept is more than {_options.MaxSnapshotBytes} bytes.");
        }
    }

    private void EndSnapshots(string reason)
    {
        _snapshots.ForEach(snapshot => snapshot.End(reason));
        _snapshots.Clear();
    }
}
