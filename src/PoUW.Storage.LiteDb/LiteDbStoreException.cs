using LiteDB;
using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>The database cannot be opened, read or written. The message names the file and says what to do about it.</summary>
public sealed class LiteDbStoreException : StoreException
{
    /// <summary>EFBIG.</summary>
    internal const int TooLong = 27;

    // ENOSPC of Linux and macOS, EDQUOT of Linux; ERROR_DISK_FULL of Windows as an HRESULT.
    private const int NoSpace = 28;
    private const int OverQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Creates the exception with a message for people.</summary>
    public LiteDbStoreException(StoreFailure failure, string message)
        : base(failure, message)
    {
    }

    /// <summary>Creates the exception with a message for people and the failure that caused it.</summary>
    public LiteDbStoreException(StoreFailure failure, string message, Exception innerException)
        : base(failure, message, innerException)
    {
    }

    /// <summary>True for what can be turned into a statement about the files; anything else is a broken invariant and goes its way.</summary>
    internal static bool Explains(Exception cause) =>
        cause is not (StoreException or OutOfMemoryException or OperationCanceledException or ObjectDisposedException);

    /// <summary>What went wrong with a file. LiteDB reports damage by whatever exception its code runs into.</summary>
    internal static LiteDbStoreException Of(string path, Exception cause) => cause switch
    {
        AggregateException { InnerException: { } inner } => Of(path, inner),
        IOException { HResult: NoSpace or TooLong or OverQuota or WindowsDiskFull } =>
            new LiteDbStoreException(StoreFailure.DiskFull, $"There is no room for the database '{path}': {cause.Message}", cause),
        IOException when IsSharingViolation(cause) =>
            new LiteDbStoreException(StoreFailure.Locked, $"The database '{path}' is in use by another process.", cause),
        UnauthorizedAccessException =>
            new LiteDbStoreException(StoreFailure.ReadOnly, $"The database '{path}' cannot be written: {cause.Message}", cause),
        IOException => new LiteDbStoreException(StoreFailure.Unavailable, $"The database '{path}' failed: {cause.Message}", cause),
        LiteException { ErrorCode: LiteException.ENGINE_DISPOSED } => ClosedMeanwhile(path, cause),
        LiteException { ErrorCode: LiteException.LOCK_TIMEOUT } =>
            new LiteDbStoreException(StoreFailure.Unavailable, $"The database '{path}' was busy for too long: {cause.Message}", cause),
        _ => new LiteDbStoreException(StoreFailure.Corrupt, $"The database '{path}' is damaged or not a store: {cause.Message}", cause),
    };

    /// <summary>Another call failed on the same open file, and took this one with it; what it says is of no use.</summary>
    internal static LiteDbStoreException ClosedMeanwhile(string path, Exception cause) => new(
        StoreFailure.Unavailable, $"The database '{path}' was closed after the failure of another call; try again.", cause);

    // ERROR_SHARING_VIOLATION of Windows; on Unix .NET gives EWOULDBLOCK (11 on Linux, 35 on macOS) of flock as it is.
    private static bool IsSharingViolation(Exception failure) => OperatingSystem.IsWindows()
        ? (failure.HResult & 0xFFFF) == 32
        : failure.HResult is 11 or 35;
}
