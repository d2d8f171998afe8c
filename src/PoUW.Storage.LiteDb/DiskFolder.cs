using System.Runtime.InteropServices;
using System.Text;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// Names of files on the disk: on Unix a file that was created and synced is there after a power loss only if its folder was synced too. On
/// Windows nothing is to be done: NTFS keeps the order of such changes itself.
/// </summary>
internal static class DiskFolder
{
    private const int Interrupted = 4;
    private const int NotAllowed = 13;
    private const int NotSupported = 22;

    /// <summary>Creates a folder, and those above it, on the disk.</summary>
    internal static void Create(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        string? above = Path.GetDirectoryName(folder);
        if (above is not null)
        {
            Create(above);
        }

        Directory.CreateDirectory(folder);
        if (above is not null)
        {
            Sync(above);
        }
    }

    /// <summary>Brings the names in a folder to the disk.</summary>
    /// <exception cref="IOException">The system cannot.</exception>
    internal static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int handle = Retry(() => Open([.. Encoding.UTF8.GetBytes(folder), 0], 0));
        int error = handle >= 0 && Retry(() => SyncFile(handle)) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (handle >= 0)
        {
            _ = CloseFile(handle);
        }

        // Some file systems sync no folders, and nobody can sync one that may be written and not read.
        if (error is not (0 or NotSupported or NotAllowed))
        {
            throw new IOException($"The folder '{folder}' cannot be synced: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    private static int Retry(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return result;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFile(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CloseFile(int file);
}
