using System.Diagnostics;
using System.Text.Json;
using PoUW.Benchmarks.Network;
using PoUW.Network.Multiaddresses;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>An <see cref="AttackTarget"/> from outside.</summary>
internal sealed class AttackedNode : IAsyncDisposable
{
    /// <summary>How much the resident memory of a node may grow under an attack.</summary>
    private const double GrowthMegabytes = 192;

    private const int WarmPeers = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly NodeProcess _process;
    private TargetState _before = new();

    private AttackedNode(NodeProcess process) => (_process, Address) = (process, Multiaddr.Parse(process.Address));

    public Multiaddr Address { get; }

    /// <summary>Starts a node and lets some honest peers talk with it and with each other, so that code and buffers are there before the attack.</summary>
    public static async Task<AttackedNode> StartAsync(bool bans = true)
    {
        AttackedNode node = new(await NodeProcess.StartAsync(AttackTarget.Verb, bans ? "bans" : "scores"));
        HonestTraffic traffic = await HonestTraffic.StartAsync(node.Address);
        for (int i = 0; i < WarmPeers; i++)
        {
            await traffic.DialAndTalkAsync();
        }

        await traffic.DisposeAsync();
        node._before = await node.ReadAsync();
        return node;
    }

    public async Task<TargetState> ReadAsync()
    {
        string[] words = await _process.AskAsync("STATE", "STATE");
        return JsonSerializer.Deserialize<TargetState>(words[1])!;
    }

    /// <summary>Waits until its state is such as a caller needs.</summary>
    /// <returns>The state, also if it is still not such after a minute.</returns>
    public async Task<TargetState> WaitAsync(Func<TargetState, bool> until)
    {
        long start = Stopwatch.GetTimestamp();
        TargetState state = await ReadAsync();
        while (!until(state) && Stopwatch.GetElapsedTime(start) < Limit)
        {
            await Task.Delay(20);
            state = await ReadAsync();
        }

        return state;
    }

    /// <summary>Checks the memory, and that nothing is held once all others are gone.</summary>
    public async Task CheckAfterwardsAsync(AttackFigures figures)
    {
        TargetState after = await WaitAsync(static state => state.Held == 0);
        figures.Tell("resident before, MB", _before.Megabytes);
        figures.Tell("resident at most, MB", after.PeakMegabytes);
        figures.AtMost("resident grown at most, MB", after.PeakMegabytes - _before.Megabytes, GrowthMegabytes);
        figures.Tell("CPU of the node, s", after.CpuSeconds - _before.CpuSeconds);
        figures.AtMost("connections, streams, scopes and handshakes held afterwards", after.Held, 0);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
