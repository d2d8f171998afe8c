using PoUW.Core.Validation;
using PoUW.Network.Messaging;
using PoUW.Network.Tests.Guards.Attackers;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>Peers that stop to read, and peers that read a few bytes now and then, while honest peers gossip through the node and ask it.</summary>
internal static class SlowReaders
{
    private const int Peers = 8;
    private const int Bytes = 64 * 1024;
    private const int MessagesOfOne = 15;

    /// <summary>More than the buffers between the node and a slow peer hold.</summary>
    private const int LeastMessages = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static Task<AttackFigures> NeverReadingAsync(int honest) => RunAsync("never reading", honest, static transport => transport.IsStalled = true);

    public static Task<AttackFigures> TricklingAsync(int honest) => RunAsync("trickling", honest, static transport => transport.TrickleBytes = 512);

    private static async Task<AttackFigures> RunAsync(string name, int honest, Action<StallingTransport> slow)
    {
        AttackFigures figures = new(name);
        int messages = Math.Max(LeastMessages, honest * MessagesOfOne);
        await using AttackedNode node = await AttackedNode.StartAsync();
        HonestTraffic traffic = await HonestTraffic.StartAsync(node.Address);
        NetworkNode talker = await traffic.ConnectAsync();
        StallingTransport transport = new(TimeProvider.System);
        NetworkNode[] readers = [.. Enumerable.Range(0, Peers).Select(_ => AttackNode.Create(transport))];
        foreach (NetworkNode reader in readers)
        {
            reader.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
            await reader.ConnectAsync(node.Address);
        }

        await TalkAsync(traffic, talker, messages);
        traffic.Report(figures, "before", AttackSweep.WorstMilliseconds);
        slow(transport);
        await TalkAsync(traffic, talker, messages);
        for (int i = 0; i < honest; i++)
        {
            await traffic.DialAndTalkAsync();
        }

        traffic.Report(figures, "meanwhile", AttackSweep.WorstMilliseconds);
        figures.Tell("slow peers", Peers);
        transport.Release();
        await Task.WhenAll(readers.Append(talker).Select(static reader => reader.DisposeAsync().AsTask()));
        await traffic.DisposeAsync();
        await node.CheckAfterwardsAsync(figures);
        return figures;
    }

    private static async Task TalkAsync(HonestTraffic traffic, NetworkNode talker, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            await traffic.TalkAsync(talker, Bytes);
            await Task.Delay(Pause);
        }
    }
}
