using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The durable store: one SQLite file with a write-ahead log that is synced at every batch (docs/storage.md). One process at a time may
/// write; others may open it for reading only. All members may be called from any thread: reads run beside each other and beside a
/// commit, batches one after another. Every pair is checked when it is read.
/// </summary>
public sealed class SqliteKeyValueStore : IKeyValueStore, IStoreSelfCheck
{
    /// <summary>The schema that this software writes. It migrates older ones and refuses newer ones.</summary>
    public const long SchemaVersion = 2;

    // A longer scan would hold up the next commit if it ran on the writer's connection.
    private const int MostPairsOnWriter = 256;

    // Readers that never rest keep the log from being reused; at so many times the usual length they are made to wait once.
    private const int LogPatience = 4;

    private readonly Lock _gate = new();
    private readonly SqliteStoreOptions _options;
    private readonly string _path;
    private readonly StoreFiles _files;
    private readonly CommitClock _clock;
    private readonly ReaderPool _readers;
    private readonly SnapshotPool _snapshots;
    private readonly PairReader? _ownReader;
    private readonly PairWriter? _writer;
    private long _bytesSinceCheckpoint;
    private volatile bool _disposed;

    /// <summary>Opens a database file, or creates it together with its folder.</summary>
    /// <exception cref="SqliteStoreException">The folder cannot be written, the file is locked, damaged or of a newer version.</exception>
    public SqliteKeyValueStore(string path)
        : this(path, new SqliteStoreOptions())
    {
    }

    /// <summary>Opens a database file.</summary>
    /// <exception cref="SqliteStoreException">
    /// The folder cannot be written, the file is locked, damaged, has lost acknowledged batches or is of a newer version.
    /// </exception>
    public SqliteKeyValueStore(string path, SqliteStoreOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Readers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxSnapshots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.CheckpointBytes);
        _options = options;
        _path = Path.GetFullPath(path);
        _files = options.ReadOnly ? StoreFiles.OpenForReading(_path, options) : StoreFiles.OpenForWriting(_path, options);
        try
        {
            _clock = new CommitClock(canTell: !_files.OthersCommit);
            _readers = new ReaderPool(options.Readers, OpenReader, this);
            _snapshots = new SnapshotPool(_path, options.MaxSnapshots, OpenReader, this);
            if (_files.Main is { } main)
            {
                _ownReader = new PairReader(main, ownsDatabase: false);
                _writer = new PairWriter(main, _files.Seal, _clock);
            }
        }
        catch
        {
            _files.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Deletes a store with all its files; what is not there is left out. Deleting the database file by hand would leave the record of what
    /// was acknowledged, and the next opening would report a loss.
    /// </summary>
    /// <exception cref="SqliteStoreException">The store is in use, or a file cannot be deleted.</exception>
    public static void Delete(string path) => StoreFiles.Delete(Path.GetFullPath(path));

    /// <summary>
    /// Whether the last writer closed the store and nothing has happened to its files since. Otherwise
    /// <see cref="CheckIntegrity"/> is advisable, and until it has found nothing, closing the store does not make it clean again.
    /// </summary>
    public bool WasClosedCleanly => _files.WasClosedCleanly;

    /// <summary>Bytes of the write-ahead log's file. It is reused, not shortened; it grows while a snapshot is open.</summary>
    public long LogBytes
    {
        get
        {
            FileInfo log = new(StoreFiles.LogOf(_path));
            return log.Exists ? log.Length : 0;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteStoreException">The disk failed, or the value is damaged.</exception>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ownReader is not null && _gate.TryEnter())
        {
            try
            {
                return Refreshed(_ownReader).Get(key);
            }
            catch (SqliteStoreException failure) when (IsNotedDamage(failure))
            {
                throw;
            }
            finally
            {
                _gate.Exit();
            }
        }

        PairReader reader = _readers.Rent();
        try
        {
            return Refreshed(reader).Get(key);
        }
        catch (SqliteStoreException failure) when (IsNotedDamage(failure))
        {
            throw;
        }
        finally
        {
            _readers.Return(reader);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteStoreException">The disk failed, or a value is damaged.</exception>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ownReader is not null && limit <= MostPairsOnWriter && _gate.TryEnter())
        {
            try
            {
                return Refreshed(_ownReader).Scan(from, end, limit);
            }
            catch (SqliteStoreException failure) when (IsNotedDamage(failure))
            {
                throw;
            }
            finally
            {
                _gate.Exit();
            }
        }

        PairReader reader = _readers.Rent();
        try
        {
            return Refreshed(reader).Scan(from, end, limit);
        }
        catch (SqliteStoreException failure) when (IsNotedDamage(failure))
        {
            throw;
        }
        finally
        {
            _readers.Return(reader);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteStoreException">The disk is full, read-only or failed; nothing of the batch was written.</exception>
    public void Apply(WriteBatch batch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_writer is null)
            {
                throw new SqliteStoreException(StoreFailure.ReadOnly, $"The database '{_path}' was opened for reading only.");
            }

            if (batch.Count == 0)
            {
                return;
            }

            _ownReader!.End();
            _writer.Apply(batch);
            _files.SealFile!.Write(_writer.Seal, clean: false, sync: false);
            KeepLogShort();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteStoreException">As many snapshots are open as may be (<see cref="SqliteStoreOptions.MaxSnapshots"/>).</exception>
    public IKeyValueSnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _snapshots.Take();
    }

    /// <summary>
    /// Looks for damage in the whole store, as it is at the time of the call: pages, order, every pair's checksum, and pairs that are
    /// missing or older than they should be. Reads everything; batches may be applied meanwhile.
    /// </summary>
    /// <param name="progress">Told how many pairs were read, every few thousand.</param>
    /// <param name="cancellation">Breaks the check off.</param>
    /// <returns>Sentences that say what is wrong, at most about a hundred; empty if nothing is.</returns>
    /// <exception cref="OperationCanceledException">It was broken off.</exception>
    /// <exception cref="SqliteStoreException">The store could not be read for another reason than damage.</exception>
    public IReadOnlyList<string> CheckIntegrity(IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellation.ThrowIfCancellationRequested();
        List<string> problems;
        using (SqliteDatabase database = _files.Connect())
        {
            problems = new IntegrityCheck(database, progress, cancellation).Run();
        }

        if (_files.Concern is { } concern)
        {
            problems.Add(concern);
        }

        if (_files.SealFile?.Failure is { } failure)
        {
            problems.Add($"The file '{SealFile.PathOf(_path)}' cannot be written: {failure}");
        }

        _files.Checked(isSound: problems.Count == 0);
        return problems;
    }

    /// <summary>
    /// Waits for reads that are under way, ends all snapshots, copies the log into the database and closes the files. A
    /// <see cref="CheckIntegrity"/> that still runs, or another process that reads, can keep the closing from being a clean one.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _readers.Dispose();
            _snapshots.Dispose();
            using (_files)
            {
                Close();
            }
        }
    }

    private void Close()
    {
        if (_writer is null)
        {
            return;
        }

        try
        {
            _ownReader!.End();
            _files.CloseCleanly(_writer.Seal);
        }
        catch (SqliteStoreException)
        {
            // All batches are safe in the log. The next opening sees that the closing was not clean.
        }
    }

    private PairReader OpenReader()
    {
        SqliteDatabase database = _files.Connect();
        try
        {
            return new PairReader(database, ownsDatabase: true);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private PairReader Refreshed(PairReader reader)
    {
        // Under the gate as well: somebody may have waited for it while the store was closed.
        ObjectDisposedException.ThrowIf(_disposed, this);
        reader.Refresh(_clock.Stamp);
        return reader;
    }

    /// <summary>Always false, so that the failure passes; but a store in which damage was met is not marked as closed cleanly.</summary>
    private bool IsNotedDamage(SqliteStoreException failure)
    {
        if (failure.Failure == StoreFailure.Corrupt)
        {
            _files.Checked(isSound: false);
        }

        return false;
    }

    private void KeepLogShort()
    {
        _bytesSinceCheckpoint += _files.Main!.TakeBytesWritten();
        if (_bytesSinceCheckpoint < _options.CheckpointBytes)
        {
            return;
        }

        try
        {
            _readers.EndIdle();
            if (_files.Main.Checkpoint(truncate: false))
            {
                _bytesSinceCheckpoint = 0;
            }

            Shorten(LogBytes);
        }
        catch (SqliteStoreException)
        {
            // The batch is committed. The log keeps what could not be copied, and the next batch tries again; if the disk stays full,
            // the log cannot grow and that batch fails.
        }
    }

    private void Shorten(long log)
    {
        if (log > _options.MaxSnapshotLogBytes)
        {
            _snapshots.EndAll($"The snapshot was ended: the log of '{_path}' had grown to {log} bytes because of it.");
        }

        if (log > LogPatience * _options.CheckpointBytes && !_snapshots.Any)
        {
            _readers.Pause(() => _ = _files.Main!.Checkpoint(truncate: true));
        }
    }
}
