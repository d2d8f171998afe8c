using System.Diagnostics;
using System.Globalization;
using PoUW.Benchmarks.Sweeps.Processes;
using PoUW.Network.Discovery;
using PoUW.Samples.Tests.Processes;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Runs the main job on a network of NodeHost processes over TCP on loopback, kills two of them in mid-run, starts one of these again from its
/// store, and compares what the nodes say in the end: the job closed, one chain, the same weights, nobody convicted, every coin accounted for.
/// </summary>
internal static class ProcessSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "processes";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan AgreeLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    // A reorganisation may take back the last blocks of a status line.
    private const ulong AllowedSetback = 4;

    /// <summary>Runs and prints a line for each violation and a JSON line at the end.</summary>
    /// <returns>True if nothing went wrong.</returns>
    public static bool Run(ProcessSweepOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("pouw-processes-").FullName;
        try
        {
            return RunAsync(options, folder).GetAwaiter().GetResult();
        }
        catch (HostProcessException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return false;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> RunAsync(ProcessSweepOptions options, string folder)
    {
        ProcessSweepResult result = new();
        await using ProcessNetwork network = new(FindProgram(), folder);
        long start = Stopwatch.GetTimestamp();
        await network.StartAsync(options);
        result.ReadySeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // Discovery fills up to its high water, and in a network of no more nodes that is all of them.
        int peers = Math.Min(options.Validators + options.Workers - 1, new PeerDiscoveryOptions().HighWater);
        await network.WaitAsync("every node to have peers", () => network.Hosts.All(host => host.Last?.Peers >= peers), ConnectLimit);
        result.ConnectSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        HostProcess client = network.StartClient(options.Epochs);
        await KillAndRestartAsync(network, client, options, result);
        await network.WaitAsync("the job to end", () => client.Result is not null, TimeSpan.FromSeconds(options.Seconds));
        ulong end = client.Result!.Height;
        await network.WaitAsync("every node to hold the end of the job as final", () => network.Hosts.All(host => host.Last?.FinalizedHeight >= end), AgreeLimit);
        Check(network, client.Result, options, result);
        await StopAsync(network, result);
        result.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        result.Print(options, client.Result, network.Hosts);
        return result.Violations.Count == 0;
    }

    /// <summary>A validator goes for good; a worker with a lease comes back.</summary>
    private static async Task KillAndRestartAsync(ProcessNetwork network, HostProcess client, ProcessSweepOptions options, ProcessSweepResult result)
    {
        TimeSpan limit = TimeSpan.FromSeconds(options.Seconds);
        await network.WaitAsync("a third of the rounds", () => client.Last?.Jobs is [{ } job] && (ulong)client.Round * 3 >= job.Rounds, limit);
        await network.KillAsync($"validator-{options.Validators}");
        HostProcess? worker = null;
        await network.WaitAsync("a worker with a lease", () => (worker = Leased(network)) is not null || client.Result is not null, limit);
        if (worker?.Last is not { } before)
        {
            throw new HostProcessException("the job ended before a worker could be killed; run it with more epochs");
        }

        await network.KillAsync(worker.Name);
        HostProcess again = await network.RestartAsync(worker.Name, "worker");
        await network.WaitAsync("the restarted node's status", () => again.First is not null, ConnectLimit);
        result.Killed = [$"validator-{options.Validators}", worker.Name];
        result.HeightKilled = before.Height;
        result.HeightBack = again.First!.Height;
        if (again.First.Height + AllowedSetback < before.Height)
        {
            result.Violations.Add($"{worker.Name} was killed at height {before.Height} and came back at {again.First.Height}");
        }
    }

    private static HostProcess? Leased(ProcessNetwork network) =>
        network.Hosts.FirstOrDefault(static host => host.Name.StartsWith("worker", StringComparison.Ordinal) && host.Last?.Leases > 0);

    private static void Check(ProcessNetwork network, HostResult trained, ProcessSweepOptions options, ProcessSweepResult result)
    {
        List<string> violations = result.Violations;
        Expect(violations, trained.Status == "Completed", $"the job ended as {trained.Status}");
        Expect(violations, trained.Accuracy >= options.AccuracyFloor, $"the accuracy is {trained.Accuracy}, below {options.AccuracyFloor}");
        Dictionary<ulong, string> finalized = [];
        HashSet<string> states = [];
        foreach (HostProcess host in network.Hosts)
        {
            HostStatus status = host.Last!;
            HostJob? job = status.Jobs.FirstOrDefault(job => job.Id == trained.Job);
            Expect(violations, job is { Status: "Completed" }, $"{host.Name} shows the job as {job?.Status ?? "unknown"}");
            Expect(violations, job is { Convicted: 0 }, $"{host.Name} shows {job?.Convicted} convictions, though nobody lies");
            Expect(violations, status.Supply == status.Accounted, $"{host.Name} counts {status.Accounted} of {status.Supply} base units");
            Expect(violations, host.Conflict is null, host.Conflict ?? "");
            states.Add(job?.States ?? "");
            foreach ((ulong height, string id) in host.Finalized)
            {
                Expect(violations, finalized.TryAdd(height, id) || finalized[height] == id, $"{host.Name} has another final block at {height}");
            }
        }

        Expect(violations, states.Count == 1, $"the nodes hold {states.Count} different results of the job");
    }

    private static async Task StopAsync(ProcessNetwork network, ProcessSweepResult result)
    {
        int?[] codes = await Task.WhenAll(network.Hosts.Select(host => host.TerminateAsync(StopLimit)));
        foreach ((HostProcess host, int? code) in network.Hosts.Zip(codes))
        {
            Expect(result.Violations, code == 0, $"{host.Name} ended with {code?.ToString(CultureInfo.InvariantCulture) ?? "nothing in time"}: {string.Join(" | ", host.Errors)}");
        }
    }

    private static void Expect(List<string> violations, bool holds, string otherwise)
    {
        if (!holds)
        {
            violations.Add(otherwise);
        }
    }

    // Built beside this program, as a reference of its project.
    private static string FindProgram()
    {
        DirectoryInfo own = new(AppContext.BaseDirectory);
        string program = Path.Combine(own.Parent!.Parent!.FullName, "NodeHost", own.Name, "NodeHost.dll");
        return File.Exists(program) ? program : throw new HostProcessException($"'{program}' is not there; build samples/NodeHost first");
    }
}
