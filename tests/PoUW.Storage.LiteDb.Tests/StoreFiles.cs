using System.Diagnostics;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>The files of a store: the database, its log, its seal.</summary>
internal static class StoreFiles
{
    public const int PageBytes = 8192;

    public static string LogOf(string file) => Path.Combine(
        Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file) + "-log" + Path.GetExtension(file));

    public static string SealOf(string file) => file + "-seal";

    /// <summary>Copies the files as they are while a store has them open, as a kill would leave them.</summary>
    public static void CopyOpen(string from, string to)
    {
        Copy(from, to);
        Copy(LogOf(from), LogOf(to));
        Copy(SealOf(from), SealOf(to));
    }

    /// <summary>Copies one file past the lock of its owner; one that is not there leaves none.</summary>
    public static void Copy(string from, string to)
    {
        File.Delete(to);
        if (!File.Exists(from))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows lets nobody read a locked file.");
        }

        using Process process = Process.Start("cp", [from, to]);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
    }
}
