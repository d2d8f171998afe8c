using PoUW.Core.Storage;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>An opened store: its connections come from here. Opening for writing takes the lock, recovers, migrates and breaks the seal.</summary>
internal sealed class StoreFiles : IDisposable
{
    private const int ReaderCacheShare = 8;
    private const int CloseWithoutCheckpoint = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE

    private readonly string _path;
    private readonly SqliteStoreOptions _options;
    private readonly string _readTarget;
    private readonly StoreLock? _lock;
    private bool _lacksBatches;
    private volatile bool _isDoubtful;

    private StoreFiles(string path, SqliteStoreOptions options, string readTarget, StoreLock? storeLock)
    {
        _path = path;
        _options = options;
        _readTarget = readTarget;
        _lock = storeLock;
    }

    /// <summary>The connection that writes; null for reading only.</summary>
    internal SqliteDatabase? Main { get; private set; }

    /// <summary>The file beside the database that is written after each batch; null for reading only.</summary>
    internal SealFile? SealFile { get; private set; }

    /// <summary>The seal in the database at opening.</summary>
    internal StoreSeal Seal { get; private set; }

    /// <summary>True if the last writer closed the store, and nothing happened to it since.</summary>
    internal bool WasClosedCleanly { get; private set; }

    /// <summary>False if nobody else can commit while this is open.</summary>
    internal bool OthersCommit { get; private init; }

    /// <summary>What was wrong already at opening, though not enough to refuse; or null.</summary>
    internal string? Concern { get; private set; }

    internal static string LogOf(string path) => path + "-wal";

    internal static StoreFiles OpenForWriting(string path, SqliteStoreOptions options)
    {
        CreateFolder(path);
        StoreFiles files = new(path, options, path, StoreLock.TakeForWriting(path));
        try
        {
            files.OpenMain();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Opens without writing: beside a writer over the log that they share, otherwise over the files as they lie there.</summary>
    internal static StoreFiles OpenForReading(string path, SqliteStoreOptions options)
    {
        if (!File.Exists(path))
        {
            throw new SqliteStoreException(StoreFailure.Unavailable, $"There is no database '{path}'.");
        }

        StoreLock? shared = StoreLock.TryShare(path);
        FileInfo log = new(LogOf(path));

        // A database without log cannot be read without files of SQLite's beside it, unless nobody changes it: the shared lock sees to
        // that. Where there is no lock file there is no writer, nor was one.
        bool hasWriter = shared is null && File.Exists(StoreLock.PathOf(path));
        bool still = !hasWriter && (!log.Exists || log.Length == 0);
        if (!still && !File.Exists(path + "-shm"))
        {
            shared?.Dispose();
            throw new SqliteStoreException(
                StoreFailure.Unavailable, $"The database '{path}' was not closed by who wrote it last, or is being opened just now. Open it for writing once, to recover it.");
        }

        string uri = new Uri(path).AbsoluteUri + (still ? "?immutable=1" : "?readonly_shm=1");
        StoreFiles files = new(path, options, uri, shared) { OthersCommit = !still };
        try
        {
            files.CheckReadable();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>One more connection that only reads.</summary>
    internal SqliteDatabase Connect() => new(_path, _readTarget, SQLITE_OPEN_READONLY, _options.CacheBytes / ReaderCacheShare);

    /// <summary>Copies the log into the database, removes it and marks the store as closed cleanly. All other connections are closed.</summary>
    internal void CloseCleanly(StoreSeal seal)
    {
        bool copied = Main!.Checkpoint(truncate: true);
        Main.Configure(CloseWithoutCheckpoint, false);
        Main.Dispose();
        Main = null;
        if (copied && !IsEvidence(seal))
        {
            SealFile!.Write(seal, clean: !_isDoubtful, sync: true);
        }
    }

    /// <summary>A full check has ended. Until one finds nothing, a store that a crash left, or with damage, is not marked as closed cleanly.</summary>
    internal void Checked(bool isSound) => _isDoubtful = !isSound;

    /// <summary>Deletes what belongs to a store, but for the lock: whoever waits for it must find the same file.</summary>
    internal static void Delete(string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            return;
        }

        using StoreLock taken = StoreLock.TakeForWriting(path);
        try
        {
            foreach (string file in new[] { path, LogOf(path), path + "-shm", SealFile.PathOf(path) })
            {
                File.Delete(file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SqliteStoreException(StoreFailure.ReadOnly, $"The database '{path}' cannot be deleted: {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
        Main?.Dispose();
        SealFile?.Dispose();
        _lock?.Dispose();
    }

    private static void CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SqliteStoreException(StoreFailure.ReadOnly, $"The folder of '{path}' cannot be created: {failure.Message}", failure);
        }
    }

    private void OpenMain()
    {
        StoreSeal? witness = SealFile.Read(_path, out bool clean, out bool damaged);
        Main = new SqliteDatabase(_path, _path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, _options.CacheBytes);
        Main.Configure(CloseWithoutCheckpoint, true);
        if (Main.IsReadOnly)
        {
            // SQLite also reads but does not write files whose header asks for a newer SQLite, which none of ours does.
            throw SqliteErrors.Explain(_path, MayWrite() ? SQLITE_CORRUPT : SQLITE_READONLY, 0, "SQLite refuses to write it");
        }

        bool missing = witness is { Sequence: > 0 } && SqliteSchema.IsEmpty(Main);
        RefuseLoss(witness, missing ? 0 : null);
        (Seal, bool fresh) = SqliteSchema.Prepare(Main);
        RefuseLoss(witness, Seal.Sequence);
        WasClosedCleanly = (fresh && !missing) || (clean && witness == Seal);
        _isDoubtful = !WasClosedCleanly && (witness is not null || damaged);
        _lacksBatches = witness is { } last && last != Seal && last.Sequence >= Seal.Sequence;
        Judge(witness, damaged);

        // From here to a clean closing, a process that ends leaves no clean mark.
        SealFile = SealFile.Open(_path);
        if (!IsEvidence(Seal))
        {
            SealFile.Write(Seal, clean: false, sync: true);
        }

        if (SealFile.Failure is { } failure)
        {
            throw new SqliteStoreException(StoreFailure.DiskFull, $"The file '{SealFile.PathOf(_path)}' cannot be written: {failure}");
        }
    }

    /// <summary>
    /// True if what is in the file of the seal is all that tells of a loss: a repair that only looks, and can be killed, must leave it there.
    /// The first batch that somebody applies all the same takes the loss as it is.
    /// </summary>
    private bool IsEvidence(StoreSeal now) => _lacksBatches && now == Seal;

    private bool MayWrite()
    {
        try
        {
            File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void CheckReadable()
    {
        // Before the database: a batch that is committed in between is no loss.
        StoreSeal? witness = SealFile.Read(_path, out bool clean, out bool damaged);
        using SqliteDatabase database = Connect();
        Seal = SqliteSchema.CheckReadable(database);
        RefuseLoss(witness, Seal.Sequence);
        WasClosedCleanly = clean && witness == Seal;
        Judge(witness, damaged);
    }

    private void RefuseLoss(StoreSeal? witness, ulong? sequence)
    {
        if (!_options.AcceptLostBatches && witness is { } last && sequence is { } stored && stored < last.Sequence)
        {
            throw new SqliteStoreException(
                StoreFailure.Corrupt,
                stored == 0
                    ? $"The database '{_path}' is gone or empty, but '{SealFile.PathOf(_path)}' says that batch {last.Sequence} was acknowledged. "
                    + "Put the database back, or delete that file too to begin anew."
                    : $"The database '{_path}' is damaged: it ends with batch {stored}, but batch {last.Sequence} was acknowledged. Its log lost its "
                    + "end, or the file was replaced by an older one. Repair it, or open it with AcceptLostBatches.");
        }
    }

    private void Judge(StoreSeal? witness, bool damaged)
    {
        if (damaged)
        {
            Concern = $"The file '{SealFile.PathOf(_path)}' is damaged: whether the last batches are missing cannot be told.";
        }
        else if (witness is { } last && last.Sequence == Seal.Sequence && last != Seal)
        {
            Concern = "The digest of the last batch is not the one that was acknowledged.";
        }
        else if (witness is { } lost && lost.Sequence > Seal.Sequence)
        {
            Concern = $"Batches {Seal.Sequence + 1} to {lost.Sequence} were acknowledged and are missing.";
        }
    }
}
