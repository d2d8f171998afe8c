using System.Runtime.InteropServices;
using SQLitePCL;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// One connection, by SQLite's own C functions: statements are prepared once and take spans, so that an operation makes no garbage.
/// Used by one thread at a time; who owns it sees to that. Every failure is a <see cref="SqliteStoreException"/>.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const uint Persistent = 1;
    private const int BusyMilliseconds = 1000;

    private readonly sqlite3 _handle;
    private readonly List<sqlite3_stmt> _statements = [];
    private readonly long _pageBytes;

    static SqliteDatabase() => Batteries_V2.Init();

    /// <summary>Opens a connection.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="target">The file or a URI.</param>
    /// <param name="flags">SQLITE_OPEN flags.</param>
    /// <param name="cacheBytes">Most bytes of cached pages.</param>
    internal SqliteDatabase(string path, string target, int flags, int cacheBytes)
    {
        FilePath = path;
        int code = sqlite3_open_v2(target, out _handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, null);
        try
        {
            Check(code);
            sqlite3_extended_result_codes(_handle, 1);
            sqlite3_busy_timeout(_handle, BusyMilliseconds);
            Execute("PRAGMA mmap_size = 0");
            Execute("PRAGMA trusted_schema = OFF");
            Execute("PRAGMA cell_size_check = ON");
            _pageBytes = QueryNumber("PRAGMA page_size") ?? 0;
            Execute($"PRAGMA cache_size = -{Math.Max(cacheBytes / 1024, 256)}");
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    internal string FilePath { get; }

    /// <summary>True inside a transaction.</summary>
    internal bool InTransaction => sqlite3_get_autocommit(_handle) == 0;

    /// <summary>True if SQLite could open the file for reading only.</summary>
    internal bool IsReadOnly => sqlite3_db_readonly(_handle, "main") != 0;

    /// <summary>Rows that the last statement inserted, changed or removed.</summary>
    internal int Changes => sqlite3_changes(_handle);

    internal void Execute(string text)
    {
        int code = sqlite3_exec(_handle, text);
        Check(code);
    }

    /// <summary>The first column of the first row, or null if there is none or it is NULL.</summary>
    internal long? QueryNumber(string text)
    {
        using sqlite3_stmt statement = PrepareOnce(text);
        return Step(statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL ? sqlite3_column_int64(statement, 0) : null;
    }

    /// <summary>A statement that lives as long as the connection.</summary>
    internal sqlite3_stmt Prepare(string text)
    {
        Check(sqlite3_prepare_v3(_handle, text, Persistent, out sqlite3_stmt statement));
        _statements.Add(statement);
        return statement;
    }

    /// <summary>A statement that the caller disposes of.</summary>
    internal sqlite3_stmt PrepareOnce(string text)
    {
        Check(sqlite3_prepare_v2(_handle, text, out sqlite3_stmt statement));
        return statement;
    }

    /// <summary>Runs a statement up to its next row; false at its end. Reset it afterwards, unless this throws.</summary>
    internal bool Step(sqlite3_stmt statement)
    {
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
        {
            return true;
        }

        if (code == SQLITE_DONE)
        {
            return false;
        }

        SqliteStoreException failure = Failure(code);
        sqlite3_reset(statement);
        throw failure;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    internal void Run(sqlite3_stmt statement)
    {
        Step(statement);
        sqlite3_reset(statement);
    }

    internal void Check(int code)
    {
        if (code != SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    /// <summary>Leaves a transaction whatever state it is in.</summary>
    internal void Rollback()
    {
        if (InTransaction)
        {
            // SQLite has rolled back by itself after some errors, and can refuse to only where nothing was written.
            _ = sqlite3_exec(_handle, "ROLLBACK");
        }
    }

    /// <summary>Bytes of pages that this connection has written since the last call.</summary>
    internal long TakeBytesWritten()
    {
        Check(sqlite3_db_status(_handle, SQLITE_DBSTATUS_CACHE_WRITE, out int pages, out _, 1));
        return (long)pages * _pageBytes;
    }

    /// <summary>Sets a switch of the connection (SQLITE_DBCONFIG).</summary>
    internal void Configure(int option, bool on) => Check(sqlite3_db_config(_handle, option, on ? 1 : 0, out _));

    /// <summary>Copies the log into the database as far as readers allow, without waiting for them.</summary>
    /// <param name="truncate">True to shorten the log to nothing as well, if nobody reads.</param>
    /// <returns>True if all of it was done.</returns>
    internal bool Checkpoint(bool truncate)
    {
        sqlite3_busy_timeout(_handle, 0);
        int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
        int code = sqlite3_wal_checkpoint_v2(_handle, "main", mode, out int frames, out int copied);
        sqlite3_busy_timeout(_handle, BusyMilliseconds);
        if (code == SQLITE_BUSY)
        {
            return false;
        }

        Check(code);
        return frames == copied;
    }

    /// <summary>Breaks off what the connection is doing. May be called from any thread while the connection is open.</summary>
    internal void Interrupt() => sqlite3_interrupt(_handle);

    public void Dispose()
    {
        foreach (sqlite3_stmt statement in _statements)
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }

    private SqliteStoreException Failure(int code)
    {
        int extended = sqlite3_extended_errcode(_handle);
        bool known = (extended & 0xFF) == (code & 0xFF);
        string text = known ? sqlite3_errmsg(_handle).utf8_to_string() : sqlite3_errstr(code).utf8_to_string();
        return SqliteErrors.Explain(FilePath, known ? extended : code, SystemError(_handle), text);
    }

    // SQLitePCLRaw does not wrap this one function of the library that it brings.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_system_errno")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int SystemError(sqlite3 database);
}
