using System.Runtime.InteropServices;

namespace PoUW.Core.Tests.Storage;

/// <summary>
/// Lets no file of this process grow beyond a length until it is disposed of: the way to a full disk that needs no rights and no disk
/// (RLIMIT_FSIZE of Linux).
/// </summary>
internal sealed class FileSizeLimit : IDisposable
{
    private const int FileSize = 1;
    private const int SignalOfTooLongFile = 25;

    private const nint Ignore = 1;

    private readonly nint _handler;
    private readonly Limit _before;

    private FileSizeLimit(nint handler, Limit before)
    {
        _handler = handler;
        _before = before;
    }

    internal static FileSizeLimit OrSkip(long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Only Linux limits the length of files.");
        }

        // Unless it is ignored, the signal ends the process.
        nint handler = SetHandler(SignalOfTooLongFile, Ignore);
        Assert.That(GetLimit(FileSize, out Limit before), Is.Zero);
        Limit limit = before with { Current = (ulong)Math.Max(bytes, 0) };
        Assert.That(SetLimit(FileSize, ref limit), Is.Zero);
        return new FileSizeLimit(handler, before);
    }

    public void Dispose()
    {
        Limit before = _before;
        Assert.That(SetLimit(FileSize, ref before), Is.Zero);
        SetHandler(SignalOfTooLongFile, _handler);
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, ref Limit limit);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint SetHandler(int signal, nint handler);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Current, ulong Most);
}
