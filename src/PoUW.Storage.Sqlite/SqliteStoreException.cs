using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The database cannot be opened or written. The message says what to do about it: an unwritable folder, a file of a newer version, a
/// lock held by another process, a full disk.
/// </summary>
public sealed class SqliteStoreException : StoreException
{
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
}
