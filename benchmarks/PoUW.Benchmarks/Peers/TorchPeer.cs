using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace PoUW.Benchmarks.Peers;

/// <summary>
/// PyTorch in a child process that answers one block of work a request, so that its start is never timed and both sides take turns.
/// Not thread-safe.
/// </summary>
public sealed class TorchPeer : IDisposable
{
    /// <summary>The peer's name where it is absent.</summary>
    public const string ShortName = "torch";

    private const double BlockSeconds = 0.05;
    private const string Large = "1073741824";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(5);

    private readonly Process _child;
    private readonly ConcurrentQueue<string> _complaints = new();

    private TorchPeer(Process child)
    {
        _child = child;
        _child.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { } line)
            {
                _complaints.Enqueue(line);
            }
        };
        _child.BeginErrorReadLine();
    }

    /// <summary>Name and version, with the BLAS library that it loaded and the core that this chose.</summary>
    public string Description { get; private set; } = ShortName;

    /// <summary>The child, for watching its CPU time.</summary>
    public Process Child => _child;

    /// <summary>Starts the first Python that can import torch and names it on standard error; null where there is none.</summary>
    public static TorchPeer? TryStart()
    {
        foreach (string python in Interpreters())
        {
            var peer = new TorchPeer(StartProcess(python));
            if (peer.ReadIntroduction())
            {
                Console.Error.WriteLine($"{peer.Description} from {python}");
                return peer;
            }

            peer.Dispose();
        }

        Console.Error.WriteLine("torch is absent: no python3 can import it");
        return null;
    }

    /// <summary>
    /// Prepares a case (the child builds it and warms it up) and returns what runs one block of it, long enough to be timed well.
    /// </summary>
    /// <param name="request">The case and its shape as the script names them, without the repeats.</param>
    /// <param name="repeats">Calls of a block; chosen by the time of one when null.</param>
    public Func<TorchAnswer> Prepare(JsonObject request, int? repeats = null)
    {
        TorchAnswer first = Ask(request, 1);
        int calls = repeats ?? Math.Max(1, (int)Math.Round(BlockSeconds / Math.Max(first.Total.WallSeconds, 1e-7)));
        return () => Ask(request, calls);
    }

    /// <summary>Ends the child.</summary>
    public void Dispose()
    {
        _child.StandardInput.Close();
        if (!_child.WaitForExit(ExitLimit))
        {
            _child.Kill();
        }

        _child.Dispose();
    }

    private static IEnumerable<string> Interpreters() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Prepend("/usr/bin")
            .Select(f => Path.Combine(f, OperatingSystem.IsWindows() ? "python3.exe" : "python3"))
            .Distinct(StringComparer.Ordinal)
            .Where(File.Exists);

    private static Process StartProcess(string python)
    {
        var start = new ProcessStartInfo(python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Peers", "torch_peer.py"));
        foreach (string steering in start.Environment.Keys.Where(PeerEnvironment.Steers).ToArray())
        {
            start.Environment.Remove(steering);
        }

        // Freed activations stay with the process; else every step pays page faults for them.
        start.Environment["MALLOC_TRIM_THRESHOLD_"] = Large;
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = Large;
        start.Environment["MALLOC_TOP_PAD_"] = "268435456";

        // torch brings libgomp's threads; an OpenBLAS with threads of its own would fight with them for the cores.
        if (PeerLibrary.Folder("openblas-openmp") is { } folder)
        {
            start.Environment["LD_LIBRARY_PATH"] = start.Environment.TryGetValue("LD_LIBRARY_PATH", out string? paths) && !string.IsNullOrEmpty(paths)
                ? $"{folder}:{paths}"
                : folder;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{python} did not start.");
    }

    private static BlockTime Time(JsonNode answer) => new((double)answer["cpu"]!, (double)answer["wall"]!);

    private static string Blas(JsonObject introduction)
    {
        string[] words = [.. introduction["blas"]!.AsArray().Select(p => (string)p!)];
        string kind = words.FirstOrDefault(p => p.Contains("openblas", StringComparison.Ordinal)) is { } path
            ? Path.GetFileName(Path.GetDirectoryName(path)!)
            : words.Select(Path.GetFileName).FirstOrDefault() ?? "own BLAS";
        return introduction["core"] is { } core ? $"{kind} {core}" : kind;
    }

    private bool ReadIntroduction()
    {
        if (ReadLine(StartLimit) is not { } line)
        {
            return false;
        }

        JsonObject introduction = JsonNode.Parse(line)!.AsObject();
        Description = $"{ShortName} {introduction["torch"]} ({Blas(introduction)})";
        return true;
    }

    private TorchAnswer Ask(JsonObject request, int repeats)
    {
        JsonObject message = request.DeepClone().AsObject();
        message["repeats"] = repeats;
        _child.StandardInput.WriteLine(message.ToJsonString());
        _child.StandardInput.Flush();
        string line = ReadLine(AnswerLimit) ?? throw new InvalidOperationException($"The torch peer ended: {string.Join(' ', _complaints)}");
        JsonObject answer = JsonNode.Parse(line)!.AsObject();
        if (answer["error"] is { } error)
        {
            throw new InvalidOperationException($"The torch peer refused {message.ToJsonString()}: {error}");
        }

        return answer["parts"] is { } parts
            ? new TorchAnswer(Time(answer), Time(parts["forward"]!), Time(parts["backward"]!))
            : new TorchAnswer(Time(answer), null, null);
    }

    private string? ReadLine(TimeSpan limit)
    {
        Task<string?> line = _child.StandardOutput.ReadLineAsync();
        return line.Wait(limit) ? line.Result : throw new TimeoutException($"The torch peer was silent for {limit.TotalSeconds} seconds.");
    }
}
