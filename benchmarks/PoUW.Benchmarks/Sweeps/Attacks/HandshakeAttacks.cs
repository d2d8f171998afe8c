using PoUW.Network.Guards;
using PoUW.Network.Tests.Guards.Attackers;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>Connections that never become one: half-open handshakes that are renewed as fast as the node ends them, and random bytes.</summary>
internal static class HandshakeAttacks
{
    private const int Half = 1_000;
    private const int Garbage = 300;

    public static Task<AttackFigures> HalfOpenAsync(int honest) => RunAsync("half-open", honest, Half, static async (clients, stop) =>
    {
        while (!stop.IsCancellationRequested)
        {
            await clients.OpenHalfAsync(Half - clients.DropClosed());
            await Task.Delay(20, CancellationToken.None);
        }
    });

    public static Task<AttackFigures> GarbageAsync(int honest) => RunAsync("garbage", honest, Garbage, static async (clients, stop) =>
    {
        for (int left = 10; left > 0 && !stop.IsCancellationRequested; left--)
        {
            await clients.OpenGarbageAsync(Garbage);
            clients.DropClosed();
        }
    });

    private static async Task<AttackFigures> RunAsync(string name, int honest, int opened, Func<RawClients, CancellationToken, Task> attack)
    {
        AttackFigures figures = new(name);
        await using AttackedNode node = await AttackedNode.StartAsync();
        HonestTraffic traffic = await HonestTraffic.StartAsync(node.Address);
        RawClients clients = new(node.Address, 1);
        using CancellationTokenSource stop = new();
        Task attacking = Task.Run(() => attack(clients, stop.Token), CancellationToken.None);
        while (clients.Opened < opened && !attacking.IsCompleted)
        {
            await Task.Delay(1, CancellationToken.None);
        }

        int pending = 0;
        for (int i = 0; i < honest; i++)
        {
            await traffic.DialAndTalkAsync();
            pending = Math.Max(pending, (await node.ReadAsync()).Handshakes);
        }

        await stop.CancelAsync();
        await attacking;
        traffic.Report(figures, "honest", AttackSweep.WorstMilliseconds);
        figures.Tell("connections of the attacker", clients.Opened);
        figures.Tell("handshakes displaced", (await node.ReadAsync()).Evicted);
        figures.AtMost("handshakes under way", pending, new PendingHandshakesOptions().MaxPerAddress);
        clients.Dispose();
        await traffic.DisposeAsync();
        await node.CheckAfterwardsAsync(figures);
        return figures;
    }
}
