using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Requests;
using PoUW.Network.Tests.Guards.Attackers;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Guards;

/// <summary>Whole nodes over TCP against clients that mean harm. How fast they stay is measured by the sweep "attacks".</summary>
internal sealed class AttackTests
{
    private const string Topic = "t";

    private static readonly Hash256 Genesis = Hash256.Sha256("attacks"u8);

    [Test]
    public async Task AThousandHalfOpenHandshakesKeepNobodyOut()
    {
        await using NetworkNode victim = Create(1);
        Multiaddr address = await victim.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")).InTime();
        using RawClients attackers = new(address, 1);
        await attackers.OpenHalfAsync(1_000).InTime();
        NetworkNode honest = Create(2);
        ConnectResult result = await honest.ConnectAsync(address.WithPeer(victim.Id)).InTime();
        Assert.That(result.Reason, Is.EqualTo(CloseReason.None));
        Assert.That(victim.Host.Guards.Handshakes.Count, Is.LessThanOrEqualTo(victim.Options.Guards.Handshakes.MaxPerAddress));
        Assert.That(victim.Host.Guards.Handshakes.Evicted, Is.GreaterThan(0));
        attackers.Dispose();
        await honest.DisposeAsync().InTime();
        await NothingIsHeldAsync(victim.Host.Guards);
    }

    [Test]
    public async Task GarbageClientsLeaveNothingBehind()
    {
        await using NetworkNode victim = Create(1);
        Multiaddr address = await victim.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")).InTime();
        using RawClients attackers = new(address, 2);
        await attackers.OpenGarbageAsync(300).InTime();
        NetworkNode honest = Create(2);
        Assert.That((await honest.ConnectAsync(address).InTime()).Reason, Is.EqualTo(CloseReason.None));
        await honest.DisposeAsync().InTime();
        attackers.Dispose();
        await NothingIsHeldAsync(victim.Host.Guards);
    }

    [Test]
    public async Task APeerThatNeverReadsStallsNobody()
    {
        const int Messages = 50;
        await using NetworkNode publisher = Create(1);
        Multiaddr address = await publisher.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")).InTime();
        Collector<byte> seen = new();
        await using NetworkNode honest = Create(2);
        StallingTransport stalling = new(TimeProvider.System);
        await using NetworkNode deaf = Create(3, stalling);
        publisher.Subscribe(Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
        deaf.Subscribe(Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
        honest.Subscribe(Topic, (_, message) =>
        {
            seen.Add(message.Span[0]);
            return ValueTask.FromResult(GossipVerdict.Accept);
        });
        publisher.Serve("echo", static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
        Assert.That((await deaf.ConnectAsync(address).InTime()).IsConnected && (await honest.ConnectAsync(address).InTime()).IsConnected, Is.True);
        stalling.IsStalled = true;

        // Far more than all buffers between the publisher and the deaf one can hold.
        for (byte i = 0; i < Messages; i++)
        {
            byte[] message = new byte[500_000];
            Array.Fill(message, i);
            await publisher.PublishAsync(Topic, message).InTime();
            await seen.WaitForAsync(number => number == i);
            RequestResult answer = await honest.RequestAsync(publisher.Id, "echo", new[] { i }, Deadline.Limit).InTime();
            Assert.That(answer.Status, Is.EqualTo(RequestStatus.Ok));
        }

        Assert.That(seen.Items.Distinct().Count(), Is.EqualTo(Messages));
        stalling.Release();
    }

    private static NetworkNode Create(int number, ITransport? transport = null) => new(
        transport ?? new TcpTransport(), Genesis, new NetworkOptions(), TimeProvider.System, new ThreadPoolSpawner(), new SeededRandomSource((ulong)number, "attacks"),
        new OpenPeerAuthorizer(), new NullNetworkObserver(), TestKeys.Of(number));

    /// <summary>Counters are given back when connections have ended, which the node notices on its own.</summary>
    private static async Task NothingIsHeldAsync(NetworkGuards guards)
    {
        using CancellationTokenSource limit = new(Deadline.Limit);
        while (!(guards.Resources.System.IsZero && guards.Resources.ScopeCount == 0 && guards.Handshakes.Count == 0))
        {
            Assert.That(limit.IsCancellationRequested, Is.False, () => $"still held: {guards.Resources.System}, {guards.Resources.ScopeCount} scopes, {guards.Handshakes.Count} handshakes");
            await Task.Yield();
        }
    }
}
