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

    private readonly PosixSignalRegistration _signal;
    private readonly Limit _before;

    private FileSizeLimit(PosixSignalRegistration signal, Limit before)
    {
        _signal = signal;
        _before = before;
    }

    internal static FileSizeLimit OrSkip(long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Only Linux limits the length of files.");
        }

        // Without somebody who listens, the signal ends the process.
        PosixSignalRegistration signal = PosixSignalRegistration.Create((PosixSignal)SignalOfTooLongFile, context => context.Cancel = true);
        Assert.That(GetLimit(FileSize, out Limit before), Is.Zero);
        Limit limit = before with { Current = (ulong)bytes };
        Assert.That(SetLimit(FileSize, ref limit), Is.Zero);
        return new FileSizeLimit(signal, before);
    }

    public void Dispose()
    {
        Limit before = _before;
        Assert.That(SetLimit(FileSize, ref before), Is.Zero);
        _signal.Dispose();
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, ref Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Current, ulong Most);
}
