using System.ComponentModel;
using System.Diagnostics;

namespace PoUW.Core.Tests.Storage;

/// <summary>
/// Makes a file or folder unwritable until it is disposed of, for root, too: by the immutable flag of the file system, which also stops
/// those who have the file open. Skips the test where that is not possible.
/// </summary>
internal sealed class WriteProtection : IDisposable
{
    private readonly string _path;

    private WriteProtection(string path) => _path = path;

    internal static WriteProtection OrSkip(string path)
    {
        if (!Change("+i", path))
        {
            Assert.Ignore("Files cannot be made immutable here: that takes root, chattr and a file system that knows it.");
        }

        return new WriteProtection(path);
    }

    public void Dispose() => Assert.That(Change("-i", _path), "The file stays immutable.");

    private static bool Change(string flag, string path)
    {
        try
        {
            using Process chattr = Process.Start(new ProcessStartInfo("chattr", [flag, path]) { RedirectStandardError = true })!;
            chattr.WaitForExit();
            return chattr.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
