using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The database cannot be opened, read or written. The message names the file and says what to do about it: an unwritable folder, a file
/// of a newer version, a lock held by another process, a full disk, damage.
/// </summary>
public sealed class SqliteStoreException : StoreException
{
    // ENOSPC on Linux and macOS; ERROR_DISK_FULL of Windows as an HRESULT.
    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Creates the exception with a message for people.</summary>
    public SqliteStoreException(StoreFailure failure, string message)
        : base(failure, message)
    {
    }

    /// <summary>Creates the exception with a message for people and the failure that caused it.</summary>
    public SqliteStoreException(StoreFailure failure, string message, Exception innerException)
        : base(failure, message, innerException)
    {
    }

    internal static SqliteStoreException OfFile(string path, Exception cause) => cause.HResult is NoSpace or WindowsDiskFull
        ? new SqliteStoreException(StoreFailure.DiskFull, $"There is no room for the file '{path}': {cause.Message}", cause)
        : new SqliteStoreException(StoreFailure.ReadOnly, $"The file '{path}' cannot be opened for writing: {cause.Message}", cause);
}
