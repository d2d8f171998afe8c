using System.Diagnostics;
using PoUW.Benchmarks.Sweeps.Attacks;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Guards.Attackers;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Attacks a node over TCP on loopback, where attackers and honest peers have one IP address: half-open handshakes that are renewed as fast as the node
/// ends them, garbage, peers that never read, and a flooder of invalid messages. Measures how long an honest peer takes to be admitted, how long
/// a message takes to it, how long the flooder lasts, and what memory grows; bounds that break are violations.
/// </summary>
internal static class AttackSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "attacks";

    private const int Half = 1_000;
    private const int Garbage = 300;
    private const int FloodPerSecond = 10_000;
    private const double AdmitSeconds = 1;
    private const double GraylistSeconds = 5;
    private const double DeliverSeconds = 1;
    private const double MemoryMegabytes = 192;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs and prints a line for each figure and a JSON line at the end.</summary>
    /// <param name="honest">Honest peers that are admitted one after the other under each attack on handshakes.</param>
    /// <returns>True if every bound held.</returns>
    public static bool Run(int honest)
    {
        AttackFigures figures = new();
        RunAsync(honest, figures).GetAwaiter().GetResult();
        figures.Print();
        return figures.Violations.Count == 0;
    }

    private static async Task RunAsync(int honest, AttackFigures figures)
    {
        await HandshakesAsync("half-open", honest, figures, static async (clients, stop) =>
        {
            await clients.OpenHalfAsync(Half);
            while (!stop.IsCancellationRequested)
            {
                int lost = Half - clients.DropClosed();
                await clients.OpenHalfAsync(lost);
                await Task.Delay(20, CancellationToken.None);
            }
        });
        await HandshakesAsync("garbage", honest, figures, static async (clients, stop) =>
        {
            for (int left = 10; left > 0 && !stop.IsCancellationRequested; left--)
            {
                await clients.OpenGarbageAsync(Garbage);
                clients.DropClosed();
            }
        });
        await DeafAsync(figures);
        await FloodAsync(figures);
    }

    private static async Task HandshakesAsync(string name, int honest, AttackFigures figures, Func<RawClients, CancellationToken, Task> attack)
    {
        (NetworkNode victim, Multiaddr address) = await AttackNode.ListenAsync();
        await using (victim)
        {
            double before = Megabytes();
            using RawClients clients = new(address, 1);
            using CancellationTokenSource stop = new();
            Task attacking = Task.Run(() => attack(clients, stop.Token), CancellationToken.None);
            await WaitAsync(() => clients.Opened >= Math.Min(Half, Garbage) || attacking.IsCompleted, "the attack to begin");
            double worst = 0;
            int refused = 0;
            int pending = 0;
            for (int i = 0; i < honest; i++)
            {
                await using NetworkNode peer = AttackNode.Create();
                long start = Stopwatch.GetTimestamp();
                refused += (await peer.ConnectAsync(address)).IsConnected ? 0 : 1;
                worst = Math.Max(worst, Stopwatch.GetElapsedTime(start).TotalSeconds);
                pending = Math.Max(pending, victim.Host.Guards.Handshakes.Count);
            }

            figures.AtMost($"{name}: worst admission of an honest peer, s", worst, AdmitSeconds);
            figures.AtMost($"{name}: honest peers refused", refused, 0);
            figures.AtMost($"{name}: handshakes pending", pending, victim.Options.Guards.Handshakes.MaxPerAddress);
            figures.AtMost($"{name}: memory grown, MB", Megabytes() - before, MemoryMegabytes);
            await stop.CancelAsync();
            await attacking;
            clients.Dispose();
            await NothingHeldAsync(name, victim.Host.Guards, figures);
        }
    }

    private static async Task DeafAsync(AttackFigures figures)
    {
        const int Deaf = 8;
        const int Messages = 300;
        const int Bytes = 64 * 1024;
        (NetworkNode publisher, Multiaddr address) = await AttackNode.ListenAsync();
        await using NetworkNode honest = AttackNode.Create();
        StallingTransport stalling = new();
        NetworkNode[] deaf = [.. Enumerable.Range(0, Deaf).Select(_ => AttackNode.Create(stalling))];
        long[] arrived = new long[Messages];
        publisher.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
        honest.Subscribe(AttackNode.Topic, (_, message) =>
        {
            Volatile.Write(ref arrived[BitConverter.ToInt32(message.Span)], Stopwatch.GetTimestamp());
            return ValueTask.FromResult(GossipVerdict.Accept);
        });
        foreach (NetworkNode node in deaf)
        {
            node.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
            await node.ConnectAsync(address);
        }

        await honest.ConnectAsync(address);
        await WaitAsync(() => publisher.Gossip.Snapshot().Peers.Count(static peer => peer.Topics.Count > 0) == Deaf + 1, "all peers to subscribe");
        stalling.IsStalled = true;
        double before = Megabytes();
        double worst = 0;
        for (int i = 0; i < Messages; i++)
        {
            byte[] message = new byte[Bytes];
            BitConverter.TryWriteBytes(message, i);
            int number = i;
            long start = Stopwatch.GetTimestamp();
            await publisher.PublishAsync(AttackNode.Topic, message);
            await WaitAsync(() => Volatile.Read(ref arrived[number]) != 0, $"message {i}");
            worst = Math.Max(worst, Stopwatch.GetElapsedTime(start, arrived[number]).TotalSeconds);
        }

        figures.AtMost($"deaf: worst delivery to the honest peer beside {Deaf} that never read, s", worst, DeliverSeconds);
        figures.AtMost("deaf: memory grown, MB", Megabytes() - before, MemoryMegabytes);
        stalling.Release();
        await Task.WhenAll(deaf.Select(static node => node.DisposeAsync().AsTask()));
        await honest.DisposeAsync();
        await NothingHeldAsync("deaf", publisher.Host.Guards, figures);
        await publisher.DisposeAsync();
    }

    private static async Task FloodAsync(AttackFigures figures)
    {
        (NetworkNode victim, Multiaddr address) = await AttackNode.ListenAsync();
        await using (victim)
        {
            await using NetworkNode flooder = AttackNode.Create();
            int rejected = 0;
            victim.Subscribe(AttackNode.Topic, (_, message) =>
            {
                bool isInvalid = message.Span[0] == 0xff;
                Interlocked.Add(ref rejected, isInvalid ? 1 : 0);
                return ValueTask.FromResult(isInvalid ? GossipVerdict.Reject : GossipVerdict.Accept);
            });
            flooder.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
            await flooder.ConnectAsync(address);
            await WaitAsync(() => flooder.Gossip.Snapshot().Peers.Any(static peer => peer.Topics.Count > 0), "the flooder's mesh");
            double before = Megabytes();
            long start = Stopwatch.GetTimestamp();
            using CancellationTokenSource stop = new();
            Task flooding = Task.Run(() => FloodFromAsync(flooder, stop.Token), CancellationToken.None);
            await WaitAsync(() => IsOut(victim, flooder), "the flooder to be graylisted or banned");
            figures.AtMost("flood: until the flooder is graylisted or banned, s", Stopwatch.GetElapsedTime(start).TotalSeconds, GraylistSeconds);
            await using (NetworkNode honest = AttackNode.Create())
            {
                long dial = Stopwatch.GetTimestamp();
                bool isIn = (await honest.ConnectAsync(address)).IsConnected;
                figures.AtMost("flood: admission of an honest peer, s", isIn ? Stopwatch.GetElapsedTime(dial).TotalSeconds : double.PositiveInfinity, AdmitSeconds);
            }

            await stop.CancelAsync();
            await flooding;
            figures.AtMost("flood: memory grown, MB", Megabytes() - before, MemoryMegabytes);
            Console.WriteLine(FormattableString.Invariant($"flood: {rejected} messages reached the validator"));
            await flooder.DisposeAsync();
            await NothingHeldAsync("flood", victim.Host.Guards, figures);
        }
    }

    /// <summary>Publishes by the clock: what a late moment has missed comes at once.</summary>
    private static async Task FloodFromAsync(NetworkNode flooder, CancellationToken stop)
    {
        byte[] message = new byte[128];
        message[0] = 0xff;
        long start = Stopwatch.GetTimestamp();
        for (long sent = 0; !stop.IsCancellationRequested;)
        {
            for (long due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * FloodPerSecond); sent < due; sent++)
            {
                BitConverter.TryWriteBytes(message.AsSpan(1), sent);
                await flooder.PublishAsync(AttackNode.Topic, message);
            }

            await Task.Delay(1, CancellationToken.None);
        }
    }

    private static bool IsOut(NetworkNode victim, NetworkNode flooder)
    {
        GossipPeerSnapshot? peer = victim.Gossip.Snapshot().Peers.FirstOrDefault(peer => peer.Peer == flooder.Id);
        return peer is { IsGraylisted: true } || victim.Host.Guards.Bans.IsBanned(flooder.Id);
    }

    private static async Task NothingHeldAsync(string name, NetworkGuards guards, AttackFigures figures)
    {
        long start = Stopwatch.GetTimestamp();
        while (!IsNothingHeld(guards) && Stopwatch.GetElapsedTime(start) < Limit)
        {
            await Task.Delay(10);
        }

        figures.AtMost($"{name}: connections, streams, scopes and handshakes held afterwards",
            guards.Resources.System.Connections + guards.Resources.System.Streams + guards.Resources.ScopeCount + guards.Handshakes.Count, 0);
    }

    private static bool IsNothingHeld(NetworkGuards guards) =>
        guards.Resources.System.IsZero && guards.Resources.ScopeCount == 0 && guards.Handshakes.Count == 0;

    private static double Megabytes() => GC.GetTotalMemory(forceFullCollection: true) / 1e6;

    private static async Task WaitAsync(Func<bool> until, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!until())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException($"waited {Limit} for {what}");
            }

            await Task.Delay(1);
        }
    }
}
