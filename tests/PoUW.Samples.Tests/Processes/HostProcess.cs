using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PoUW.Samples.Tests.Processes;

/// <summary>One NodeHost process and what it printed. Disposing it ends the process, whatever state it is in.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const int SignalInterrupt = 2;
    private const int SignalTerminate = 15;
    private const int KeptErrors = 20;

    private readonly Process _process;
    private readonly TaskCompletionSource<string[]> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentDictionary<ulong, string> _finalized = new();
    private readonly Task _reading;
    private volatile HostStatus? _first;
    private volatile HostStatus? _last;
    private volatile HostResult? _result;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasEnded;
    private int _round;
    private int _disposed;
    private volatile string? _conflict;

    private HostProcess(string name, string[] arguments, Process process)
    {
        (Name, Arguments, _process) = (name, arguments, process);
        _reading = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
    }

    public string Name { get; }

    public string[] Arguments { get; }

    /// <summary>The first status line since the process started.</summary>
    public HostStatus? First => _first;

    /// <summary>The latest status line.</summary>
    public HostStatus? Last => _last;

    /// <summary>What the client told about its job at the end.</summary>
    public HostResult? Result => _result;

    /// <summary>Complete rounds that the client told.</summary>
    public int Round => Volatile.Read(ref _round);

    /// <summary>The final blocks that it named, by height.</summary>
    public IReadOnlyDictionary<ulong, string> Finalized => _finalized;

    /// <summary>Set when it named two final blocks of one height.</summary>
    public string? Conflict => _conflict;

    /// <summary>True once it prints nothing any more, which a process does that has ended.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Completes with the next line that it prints, or when <see cref="HasEnded"/>.</summary>
    public Task Changed => _changed.Task;

    /// <summary>The end of what it wrote to its error stream.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    public static HostProcess Start(string program, string name, params string[] arguments)
    {
        ProcessStartInfo info = new("dotnet", ["exec", program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };

        // Many runtimes share few cores: each starts with the collector of one, and without threads of its own in the background.
        info.Environment["DOTNET_gcServer"] = "0";
        info.Environment["DOTNET_GCHeapCount"] = "1";
        return new HostProcess(name, arguments, Process.Start(info) ?? throw new InvalidOperationException("dotnet did not start."));
    }

    /// <summary>The addresses of the READY line.</summary>
    /// <exception cref="HostProcessException">The process ended before, or it took too long.</exception>
    public async Task<string[]> WaitForReadyAsync(TimeSpan limit)
    {
        Task first = await Task.WhenAny(_ready.Task, _process.WaitForExitAsync(), Task.Delay(limit));
        return first == _ready.Task
            ? await _ready.Task
            : throw new HostProcessException($"{Name} printed no READY line: {string.Join(" | ", Errors)}");
    }

    /// <summary>Waits until a status line fits.</summary>
    /// <exception cref="HostProcessException">The process ended, or it took too long.</exception>
    public async Task<HostStatus> WaitForStatusAsync(Func<HostStatus, bool> fits, TimeSpan limit)
    {
        Task deadline = Task.Delay(limit);
        for (Task changed = Changed; ; changed = Changed)
        {
            if (_last is { } status && fits(status))
            {
                return status;
            }

            if (HasEnded || await Task.WhenAny(changed, deadline) == deadline)
            {
                throw new HostProcessException($"{Name} printed no such status, last {_last}: {string.Join(" | ", Errors)}");
            }
        }
    }

    /// <summary>Ends the process as a crash does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
    }

    /// <summary>Asks the process to end, and gives its exit code; null if it did not in time.</summary>
    public Task<int?> TerminateAsync(TimeSpan limit) => SignalAsync(SignalTerminate, limit);

    /// <summary>Interrupts the process, and gives its exit code; null if it did not end in time.</summary>
    public Task<int?> InterruptAsync(TimeSpan limit) => SignalAsync(SignalInterrupt, limit);

    /// <summary>Ends its standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits until the process has ended by itself, and gives its exit code; null if it did not in time.</summary>
    public async Task<int?> WaitForExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource deadline = new(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            await _reading;
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        if (!_process.HasExited)
        {
            await KillAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private Task<int?> SignalAsync(int signal, TimeSpan limit)
    {
        if (!_process.HasExited)
        {
            _ = Signal(_process.Id, signal);
        }

        return WaitForExitAsync(limit);
    }

    private async Task ReadOutputAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("READY", StringComparison.Ordinal))
                {
                    _ready.TrySetResult(line.Split(' ')[1..]);
                }
                else if (line.StartsWith('{'))
                {
                    Take(JsonDocument.Parse(line).RootElement);
                }

                Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }
        finally
        {
            _hasEnded = true;
            _changed.SetResult();
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errors.Enqueue(line);
            if (_errors.Count > KeptErrors)
            {
                _errors.TryDequeue(out _);
            }
        }
    }

    private void Take(JsonElement line)
    {
        switch (line.GetProperty("event").GetString())
        {
            case "status":
                HostStatus status = HostStatus.Read(line);
                _first ??= status;
                _last = status;
                if (_finalized.GetOrAdd(status.FinalizedHeight, status.Finalized) != status.Finalized)
                {
                    _conflict = $"{Name} named two final blocks at {status.FinalizedHeight}";
                }

                break;
            case "progress":
                Volatile.Write(ref _round, line.GetProperty("round").GetInt32());
                break;
            case "trained":
                _result = HostResult.Read(line);
                break;
            default:
                break;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
