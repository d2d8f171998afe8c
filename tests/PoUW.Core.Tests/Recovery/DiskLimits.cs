using System.Diagnostics;

namespace PoUW.Core.Tests.Recovery;

/// <summary>
/// Takes room or the right to write from an import that is under way: it must end with the store's own exception; once both are back, the
/// store is whole and the import goes on. What this machine does not permit is skipped.
/// </summary>
/// <param name="process">Starts imports.</param>
/// <param name="newStore">Makes a store and gives its folder.</param>
/// <param name="violate">Hears what must not happen.</param>
/// <param name="checkStore">Checks a store after so many acknowledged blocks.</param>
/// <param name="checkEnd">Checks a store at the end of the script.</param>
internal sealed class DiskLimits(
    CrashProcess process, Func<string> newStore, Action<string> violate, Action<string, int> checkStore, Action<string> checkEnd)
{
    private const string Skipped = "skipped";
    private const string Failed = "failed";
    private const string Resumed = "resumed";

    /// <summary>The system refuses to make the files longer than 400 KB.</summary>
    internal string LimitFileSize()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Skipped;
        }

        string store = newStore();
        CrashLife life = process.RunIn("trap '' XFSZ; ulimit -f 400", store, 0);
        return Resume(store, life, "a limited file size", "");
    }

    /// <summary>A disk of its own with room for 700 KB, and later for more.</summary>
    internal string FillDisk()
    {
        string store = newStore();
        string disk = store + "-disk";
        Directory.CreateDirectory(disk);
        if (!Try("mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", disk))
        {
            return Skipped;
        }

        try
        {
            Copy(store, disk);
            CrashLife life = process.RunIn("true", disk, 0);
            return Try("mount", "-o", "remount,size=64m", disk) ? Resume(disk, life, "a full disk", "DiskFull") : Failed;
        }
        finally
        {
            Try("umount", disk);
        }
    }

    /// <summary>The files become immutable while they are open; then the disk is read-only from the start.</summary>
    internal string ForbidWriting()
    {
        string store = newStore();
        string[] files = [.. new[] { "", "-wal", "-seal" }.Select(suffix => Path.Combine(store, CrashChild.StoreName + suffix))];
        if (!Try("chattr", "+i", files[0]) || !Try("chattr", "-i", files[0]))
        {
            return Skipped;
        }

        CrashLife life = process.RunWith(store, 0, 20, () => Array.ForEach(files, file => Try("chattr", "+i", file)));
        CrashLife again = process.RunIn("true", store, life.Acknowledged);
        Array.ForEach(files, file => Try("chattr", "-i", file));
        if (again.ExitCode != CrashChild.StoreFailed || again.Acknowledged != life.Acknowledged)
        {
            violate($"files that cannot be written were opened: {again.LastLine}");
            return Failed;
        }

        return Resume(store, life, "files that cannot be written", "");
    }

    private string Resume(string store, CrashLife life, string what, string kind)
    {
        if (life.ExitCode != CrashChild.StoreFailed || !life.LastLine.StartsWith($"F {kind}", StringComparison.Ordinal))
        {
            violate($"{what}: the import ended with {life.ExitCode}: {life.LastLine}");
            return Failed;
        }

        checkStore(store, life.Acknowledged);
        CrashLife rest = process.Run(store, life.Acknowledged, 0, null);
        if (rest.ExitCode != 0)
        {
            violate($"{what}: the import did not go on: {rest.LastLine}");
            return Failed;
        }

        checkEnd(store);
        return Resumed;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    /// <summary>False where the program is missing or not permitted.</summary>
    private static bool Try(params string[] command)
    {
        try
        {
            ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true };
            using Process? process = Process.Start(start);
            process?.StandardError.ReadToEnd();
            process?.WaitForExit();
            return process?.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
