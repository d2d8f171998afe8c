using System.Globalization;
using PoUW.Samples.Tests.Processes;

namespace PoUW.Benchmarks.Sweeps.Processes;

/// <summary>A network of NodeHost processes on loopback in a folder of its own. Disposing it ends every process that it started.</summary>
internal sealed class ProcessNetwork : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(120);

    private readonly string _program;
    private readonly string _folder;
    private readonly Dictionary<string, HostProcess> _hosts = [];
    private readonly List<HostProcess> _started = [];
    private readonly SortedDictionary<string, string[]> _addresses = new(StringComparer.Ordinal);

    public ProcessNetwork(string program, string folder) => (_program, _folder) = (program, folder);

    /// <summary>The processes that should be alive.</summary>
    public IReadOnlyCollection<HostProcess> Hosts => _hosts.Values;

    public HostProcess this[string name] => _hosts[name];

    /// <summary>
    /// Writes the network's file and starts validators and workers: the first by itself, the others at once with its address alone. A node that is up works, so
    /// those that start one after the other wait for the cores longer each; and they find each other by discovery.
    /// </summary>
    public async Task StartAsync(ProcessSweepOptions options)
    {
        await WriteNetworkAsync(options);
        await StartReadyAsync("validator-1", "validator");
        IEnumerable<(string Name, string Role)> others =
        [
            .. Enumerable.Range(2, options.Validators - 1).Select(static i => ($"validator-{i}", "validator")),
            .. Enumerable.Range(1, options.Workers).Select(static i => ($"worker-{i}", "worker")),
        ];
        HostProcess[] started = [.. others.Select(other => Start(other.Name, other.Role))];
        foreach (HostProcess host in started)
        {
            _addresses[host.Name] = await host.WaitForReadyAsync(ReadyLimit);
        }
    }

    /// <summary>Starts the client, which submits the job.</summary>
    public HostProcess StartClient(int epochs) => Start("client", "client", "--train", epochs.ToString(CultureInfo.InvariantCulture));

    /// <summary>Ends a node as a crash does.</summary>
    public async Task KillAsync(string name)
    {
        HostProcess host = _hosts[name];
        _hosts.Remove(name);
        _addresses.Remove(name);
        await host.KillAsync();
    }

    /// <summary>Starts a node that was killed again, on what its folder holds.</summary>
    public Task<HostProcess> RestartAsync(string name, string role) => StartReadyAsync(name, role);

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="HostProcessException">It does not in time, or a process ended.</exception>
    public async Task WaitAsync(string what, Func<bool> condition, TimeSpan limit)
    {
        Task deadline = Task.Delay(limit);
        while (true)
        {
            Task changed = Task.WhenAny(Hosts.Select(static host => host.Changed));
            if (condition())
            {
                return;
            }

            if (Hosts.FirstOrDefault(static host => host.HasEnded) is { } gone)
            {
                throw new HostProcessException($"{gone.Name} ended while the sweep waited for {what}: {string.Join(" | ", gone.Errors)}");
            }

            if (await Task.WhenAny(changed, deadline) == deadline)
            {
                throw new HostProcessException($"not within {limit.TotalSeconds:F0} s: {what}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HostProcess host in _started)
        {
            await host.DisposeAsync();
        }
    }

    private async Task WriteNetworkAsync(ProcessSweepOptions options)
    {
        await using HostProcess writer = HostProcess.Start(
            _program, "network", "network", "--out", NetworkFile, "--validators", Text(options.Validators), "--workers", Text(options.Workers));
        _started.Add(writer);
        if (await writer.WaitForExitAsync(ReadyLimit) != 0)
        {
            throw new HostProcessException($"the network's file was not written: {string.Join(" | ", writer.Errors)}");
        }
    }

    private string NetworkFile => Path.Combine(_folder, "network.json");

    private async Task<HostProcess> StartReadyAsync(string name, string role)
    {
        HostProcess host = Start(name, role);
        _addresses[name] = await host.WaitForReadyAsync(ReadyLimit);
        return host;
    }

    private HostProcess Start(string name, string role, params string[] more)
    {
        HostProcess host = HostProcess.Start(
            _program, name,
            ["--role", role, "--name", name, "--seed", name, "--network", NetworkFile, "--data", Path.Combine(_folder, name), "--status-every", "1",

                // So that none outlives the sweep, however that ends.
                "--until-input-ends",
                .. _addresses.Values.SelectMany(static address => address).SelectMany(static address => new[] { "--bootstrap", address }), .. more]);
        _started.Add(host);
        _hosts[name] = host;
        return host;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
