using PoUW.Core.Storage;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>SQLite's result codes as failures of a store.</summary>
internal static class SqliteErrors
{
    // errno values of Linux, macOS and (112, 39) the codes of Windows for a full disk.
    private const int NoSpace = 28;
    private const int FileTooLarge = 27;
    private const int QuotaLinux = 122;
    private const int QuotaMac = 69;
    private const int NotPermitted = 1;
    private const int AccessDenied = 13;
    private const int ReadOnlyFileSystem = 30;
    private const int ShortRead = SQLITE_IOERR | (2 << 8);
    private const int WindowsDiskFull = 112;
    private const int WindowsHandleDiskFull = 39;

    /// <summary>The exception for an extended result code.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="code">Extended result code.</param>
    /// <param name="systemError">The operating system's code of the last failed file operation; 0 if there was none.</param>
    /// <param name="message">SQLite's text.</param>
    internal static SqliteStoreException Explain(string path, int code, int systemError, string message)
    {
        (StoreFailure kind, string cause) = code == ShortRead ? Corrupt : Classify(code & 0xFF, systemError);
        return new SqliteStoreException(kind, $"The database '{path}' {cause}: {message} (SQLite {code}, system {systemError}).");
    }

    private static (StoreFailure Kind, string Cause) Classify(int code, int systemError) => code switch
    {
        SQLITE_FULL => DiskFull,
        SQLITE_IOERR or SQLITE_CANTOPEN when IsFull(systemError) => DiskFull,
        SQLITE_IOERR when systemError is NotPermitted or AccessDenied or ReadOnlyFileSystem => ReadOnly,
        SQLITE_READONLY or SQLITE_CANTOPEN or SQLITE_PERM => ReadOnly,
        SQLITE_BUSY or SQLITE_LOCKED => (StoreFailure.Locked, "is in use by another process"),
        SQLITE_CORRUPT or SQLITE_NOTADB => Corrupt,

        // All statements are fixed and fit the schema. If SQLite objects to one, the schema or a row is not what was written.
        SQLITE_ERROR or SQLITE_SCHEMA or SQLITE_CONSTRAINT or SQLITE_MISMATCH => Corrupt,
        _ => (StoreFailure.Unavailable, "failed"),
    };

    private static (StoreFailure Kind, string Cause) Corrupt => (StoreFailure.Corrupt, "is damaged or not a database");

    private static (StoreFailure Kind, string Cause) DiskFull =>
        (StoreFailure.DiskFull, "has no room left on its disk; make room and try again");

    private static (StoreFailure Kind, string Cause) ReadOnly =>
        (StoreFailure.ReadOnly, "cannot be opened for writing; check that the file and its folder can be written");

    // Other operating systems number some of these differently; a code of theirs then reads as a plain I/O failure.
    private static bool IsFull(int systemError) => OperatingSystem.IsWindows()
        ? systemError is WindowsDiskFull or WindowsHandleDiskFull
        : systemError is NoSpace or FileTooLarge || systemError == (OperatingSystem.IsMacOS() ? QuotaMac : QuotaLinux);
}
