using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The file "-lock" beside the database. Who has it open alone is the writer. The operating system takes the lock back when a process
/// ends, however it ends, so the file may stay where it is.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    internal static string PathOf(string database) => database + "-lock";

    /// <summary>Becomes the writer.</summary>
    /// <exception cref="SqliteStoreException">Another process is, or the file cannot be created.</exception>
    internal static StoreLock TakeForWriting(string database)
    {
        string path = PathOf(database);
        try
        {
            return new StoreLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException failure) when (IsSharingViolation(failure))
        {
            throw new SqliteStoreException(
                StoreFailure.Locked, $"The database '{database}' is in use by another process, which holds the lock '{path}'.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SqliteStoreException.OfFile(path, failure);
        }
    }

    /// <summary>Keeps writers away while a file without log is read; null if there is a writer or no lock file.</summary>
    /// <exception cref="SqliteStoreException">The lock file cannot be read.</exception>
    internal static StoreLock? TryShare(string database)
    {
        try
        {
            return new StoreLock(new FileStream(PathOf(database), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException failure) when (IsSharingViolation(failure))
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw SqliteStoreException.OfFile(PathOf(database), failure);
        }
    }

    public void Dispose() => _file.Dispose();

    // ERROR_SHARING_VIOLATION of Windows; on Unix .NET gives EWOULDBLOCK (11 on Linux, 35 on macOS) of flock as it is.
    private static bool IsSharingViolation(IOException failure) => OperatingSystem.IsWindows()
        ? (failure.HResult & 0xFFFF) == 32
        : failure.HResult is 11 or 35;
}
