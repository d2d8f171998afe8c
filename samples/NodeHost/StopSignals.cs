using System.Runtime.InteropServices;

namespace NodeHost;

/// <summary>
/// The wish to stop, and whether it was an interruption: SIGINT (Ctrl+C) interrupts what runs, SIGTERM is the normal end of a service. Thread-safe.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _interrupted;

    /// <summary>Cancelled at the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>True if the first signal was an interruption.</summary>
    public bool IsInterrupted => Volatile.Read(ref _interrupted) == 1;

    /// <summary>Hears the signals of this process, which no longer end it by themselves.</summary>
    public static StopSignals OfProcess()
    {
        StopSignals stop = new();
        stop._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, context => stop.Take(context, interrupts: true)));
        stop._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => stop.Take(context, interrupts: false)));
        return stop;
    }

    /// <summary>Asks for a stop, as a signal does.</summary>
    public void Stop(bool interrupts)
    {
        if (!_stop.IsCancellationRequested)
        {
            Volatile.Write(ref _interrupted, interrupts ? 1 : 0);
            _stop.Cancel();
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private void Take(PosixSignalContext context, bool interrupts)
    {
        context.Cancel = true;
        Stop(interrupts);
    }
}
