using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Interop;

/// <summary>
/// A js-libp2p node as a child process, driven by JSON lines. It ends with this object, or is killed when it does not; it also ends by
/// itself when this process is gone, since its input ends then. What it wrote to standard error is part of every failure's message.
/// </summary>
internal sealed class JsPeer : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    // Long transfers are single calls, on machines that do other things too.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonObject>> _calls = [];
    private readonly TaskCompletionSource<JsonObject> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _writing = new();
    private long _lastCall;
    private int _endedOutputs;

    private JsPeer(Process process) => _process = process;

    /// <summary>The folder of the scripts.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>Its id in text.</summary>
    public string IdText { get; private set; } = "";

    /// <summary>Its id.</summary>
    public PeerId Id => PeerId.TryParse(IdText, out PeerId id).IsValid ? id : throw new FormatException($"'{IdText}' is no peer id.");

    /// <summary>Where it listens, with its id at the end.</summary>
    public Multiaddr Address { get; private set; } = null!;

    /// <summary>Why no peer can be started here, or null if one can.</summary>
    public static string? FindObstacle()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "libp2p")))
        {
            return $"js-libp2p is not installed; run 'npm ci' in {Path.GetRelativePath(Environment.CurrentDirectory, Folder)} to run the interop tests.";
        }

        try
        {
            using Process node = Process.Start(new ProcessStartInfo("node", "--version") { RedirectStandardOutput = true })!;
            node.WaitForExit();
            return null;
        }
        catch (Win32Exception missing)
        {
            return $"Node is not here ({missing.Message}); the interop tests need version 20 or later.";
        }
    }

    /// <summary>Starts a peer and waits until it listens.</summary>
    public static async Task<JsPeer> StartAsync(JsPeerOptions? options = null)
    {
        ProcessStartInfo start = new("node", ["--import", "./polyfill.mjs", "peer.mjs", JsonSerializer.Serialize(options ?? new JsPeerOptions())])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        JsPeer peer = new(Process.Start(start)!);
        peer.Listen();
        try
        {
            JsonObject ready = await peer._ready.Task.WaitAsync(CallLimit);
            peer.IdText = ready["peer"]!.GetValue<string>();
            peer.Address = Multiaddr.Parse(ready["addresses"]![0]!.GetValue<string>());
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has the peer do something and waits for its answer.</summary>
    /// <param name="command">A name of peer.mjs.</param>
    /// <param name="arguments">The arguments by their names.</param>
    /// <exception cref="JsPeerException">The peer says that it failed, or did not answer in time.</exception>
    public async Task<JsonObject> CallAsync(string command, params (string Name, JsonNode? Value)[] arguments)
    {
        long id = Interlocked.Increment(ref _lastCall);
        TaskCompletionSource<JsonObject> call = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = call;
        JsonObject line = new() { ["id"] = id, ["do"] = command };
        foreach ((string name, JsonNode? value) in arguments)
        {
            line[name] = value;
        }

        lock (_writing)
        {
            _process.StandardInput.WriteLine(line.ToJsonString());
            _process.StandardInput.Flush();
        }

        JsonObject answer;
        try
        {
            answer = await call.Task.WaitAsync(CallLimit);
        }
        catch (TimeoutException timeout)
        {
            throw new JsPeerException($"'{command}' was not answered in time. {Errors}", timeout);
        }

        return answer["error"] is { } error ? throw new JsPeerException($"'{command}': {error}. {Errors}") : answer;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource limit = new(StopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.Length == 0 ? "The peer wrote no errors." : $"The peer's errors: {_errors}";
            }
        }
    }

    private void Listen()
    {
        _process.OutputDataReceived += (_, line) => Receive(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }

            FailAtEnd(line.Data);
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Receive(string? text)
    {
        if (text is null)
        {
            FailAtEnd(text);
            return;
        }

        JsonObject line = JsonNode.Parse(text)!.AsObject();
        if (line["event"]?.GetValue<string>() == "ready")
        {
            _ready.TrySetResult(line);
        }
        else if (_calls.TryRemove(line["id"]!.GetValue<long>(), out TaskCompletionSource<JsonObject>? call))
        {
            call.TrySetResult(line);
        }
    }

    /// <summary>Both outputs end with a null; only then are all errors here.</summary>
    private void FailAtEnd(string? line)
    {
        if (line is not null || Interlocked.Increment(ref _endedOutputs) < 2)
        {
            return;
        }

        JsPeerException failure = new($"The peer has ended. {Errors}");
        _ready.TrySetException(failure);
        foreach (TaskCompletionSource<JsonObject> call in _calls.Values)
        {
            call.TrySetException(failure);
        }
    }

    private static string FindFolder()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "PoUW.Sdk.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? ".", "tests", "PoUW.Network.Tests", "Interop", "js");
    }
}
