using LiteDB.Engine;
using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// The open files of a store and the engine on them. Commits one batch at a time: log, sync, seal, database file, sync, empty log. Holds the
/// database file exclusively.
/// </summary>
internal sealed class StoreSession : IDisposable
{
    private const int SignatureAt = 32;

    private readonly LogFile _log;
    private readonly SyncedFile _data;
    private readonly LogSeal _seal;
    private readonly LiteEngine _engine;
    private Exception? _failure;
    private bool _sealed;
    private bool _isChanging;

    internal StoreSession(string path, FileStream data, LogFile log, LogSeal seal)
    {
        (_log, _seal) = (log, seal);
        _data = new SyncedFile(data, BeforeData);
        _engine = new LiteEngine(new EngineSettings { DataStream = _data, LogStream = log });
        Table = new PairTable(_engine, path);
    }

    /// <summary>What the first page of a LiteDB 5 file says, with the version of the format.</summary>
    private static ReadOnlySpan<byte> Signature => "** This is a LiteDB file **\u0008"u8;

    /// <summary>The pairs.</summary>
    internal PairTable Table { get; }

    /// <summary>Why the session was given up; null while it is in use.</summary>
    internal Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>The log beside a database, where LiteDB itself has it.</summary>
    internal static string LogOf(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetFileNameWithoutExtension(path)}-log{Path.GetExtension(path)}");

    /// <summary>The seal beside an open database, or one that was not closed.</summary>
    internal static string SealOf(string path) => path + "-seal";

    /// <summary>Opens the files, or creates them with their folder, and drops what the seal does not cover.</summary>
    internal static StoreSession Open(string path)
    {
        Stack<IDisposable> opened = new();
        try
        {
            DiskFolder.Create(Path.GetDirectoryName(path)!);
            FileStream data = Keep(File(path));
            CheckKind(path, data);
            LogSeal seal = Keep(new LogSeal(File(SealOf(path))));
            LogFile log = Keep(new LogFile(File(LogOf(path))));
            DiskFolder.Sync(Path.GetDirectoryName(path)!); // Before anything is written: no log may outlive its seal's name.
            return Begin(path, data, log, seal);
        }
        catch
        {
            while (opened.TryPop(out IDisposable? file))
            {
                file.Dispose();
            }

            throw;
        }

        static FileStream File(string name) => new(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

        T Keep<T>(T file)
            where T : IDisposable
        {
            opened.Push(file);
            return file;
        }
    }

    /// <summary>Runs the changes of a batch and commits them. On return they are on the disk.</summary>
    /// <returns>False if they are on the disk in the log only, and the session must be given up.</returns>
    internal bool Commit(Action<PairTable> changes)
    {
        if (_log.Length > 0)
        {
            _engine.Checkpoint(); // What an earlier session left: a log has one batch.
        }

        _sealed = false;
        try
        {
            RunTransaction(changes);
            return !_log.HasFailed;
        }
        catch when (_sealed)
        {
            // The log has the whole batch; opening the files anew finds it there.
            return false;
        }
        catch
        {
            _log.Check(); // What LiteDB says of a log that it could not write is a consequence.
            throw;
        }
    }

    /// <summary>
    /// After a failure nothing more is written than what is sealed. The files are still open, since others may be reading: <see cref="Dispose"/>
    /// is for when nobody is.
    /// </summary>
    /// <returns>The failure for which the session was given up: this one, if it is the first.</returns>
    internal Exception GiveUp(Exception reason)
    {
        _log.Poison(reason);
        return Interlocked.CompareExchange(ref _failure, reason, null) ?? reason;
    }

    /// <summary>
    /// Closes the files for good, with what is in the log in the database file. Then the log goes, and LiteDB may write the file from now on; the
    /// seal goes last, and only if all is known to be well: its absence says so.
    /// </summary>
    /// <exception cref="IOException">The files stay as a crash would leave them.</exception>
    internal void Close(string path, bool isWell)
    {
        try
        {
            _engine.Checkpoint();
            _engine.Dispose();
            _data.Flush();
            _log.SetLength(0); // What is left is of no transaction that was confirmed.
            _log.Sync();
            _seal.Clear();
            _log.Dispose();
            _seal.Dispose();
            File.Delete(LogOf(path));
            if (isWell)
            {
                File.Delete(SealOf(path));
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Closes engine and files. LiteDB keeps failures of its own closing to itself; a log that is not empty then stays.</summary>
    public void Dispose()
    {
        OpenTransactions.NeverFinalise(_engine);
        _engine.Dispose();
        _data.Dispose();
        _log.Dispose();
        _seal.Dispose();
    }

    /// <summary>LiteDB cuts a foreign file to whole pages before it looks at it; this one looks first.</summary>
    private static void CheckKind(string path, FileStream data)
    {
        Span<byte> start = stackalloc byte[SignatureAt + Signature.Length];
        if (data.Length > 0 && (RandomAccess.Read(data.SafeFileHandle, start, 0) < start.Length || !start[SignatureAt..].SequenceEqual(Signature)))
        {
            throw new LiteDbStoreException(StoreFailure.Corrupt, $"The file '{path}' is damaged or not a LiteDB 5 database without a password.");
        }
    }

    private static StoreSession Begin(string path, FileStream data, LogFile log, LogSeal seal)
    {
        if (!seal.SaysNothing)
        {
            seal.Apply(log);
        }
        else if (log.Length > 0)
        {
            seal.Write(log); // Left by LiteDB itself, which knows no seal: taken as LiteDB would take it.
        }
        else
        {
            seal.Void();
        }

        try
        {
            return new StoreSession(path, data, log, seal);
        }
        catch when (log.Length == 0)
        {
            seal.Clear(); // LiteDB does not take the file. A log that somebody makes of it is none of ours.
            throw;
        }
    }

    private void RunTransaction(Action<PairTable> changes)
    {
        if (!_engine.BeginTrans())
        {
            throw new IOException("LiteDB has a transaction open on this thread already.");
        }

        _isChanging = true;
        changes(Table);
        _isChanging = false;
        _engine.Commit();
        _engine.Checkpoint();
        _data.Flush();
        if (!_sealed)
        {
            throw new IOException("LiteDB did not bring the log to the database file.");
        }
    }

    private void BeforeData()
    {
        if (_log.Length > 0)
        {
            if (_isChanging)
            {
                // LiteDB marks a file in which it meets damage, whatever is in the log.
                throw new InvalidOperationException("The log has no whole batch.");
            }

            _log.Sync();
            _seal.Write(_log);
            _sealed = true;
        }
    }
}
