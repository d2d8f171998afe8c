using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>A router under test, whose peers are played by the test.</summary>
internal sealed class TestRouter
{
    public const string Topic = "t";

    public TestRouter(GossipOptions? options = null, ulong seed = 1, MessageBudgetOptions? budget = null)
    {
        Options = options ?? new GossipOptions();
        Assert.That(Options.Validate().IsValid, Is.True, Options.Validate().ToString());
        Router = new GossipRouter(GossipIds.Peer(0), Options, Clock, new SeededRandomSource(seed, "router"), new MessageBudget(budget ?? new MessageBudgetOptions(), Clock));
    }

    public GossipOptions Options { get; }

    public RouterClock Clock { get; } = new();

    public GossipRouter Router { get; }

    public RouterCounters Counters => Router.State.Counters;

    public SortedSet<PeerId> Mesh => Router.State.Topics[Topic].Mesh;

    /// <summary>Subscribes here and adds so many peers, numbered from 1, that are subscribed.</summary>
    public static TestRouter WithPeers(
        int count, GossipOptions? options = null, GossipTopicOptions? topic = null, GossipVersion version = GossipVersion.V12,
        Func<int, bool>? isOutbound = null, MessageBudgetOptions? budget = null)
    {
        TestRouter test = new(options, budget: budget);
        test.Router.Subscribe(Topic, topic ?? new GossipTopicOptions());
        for (int i = 1; i <= count; i++)
        {
            test.AddPeer(i, version, isOutbound?.Invoke(i) ?? true);
        }

        test.Router.TakeOutput();
        return test;
    }

    public PeerId AddPeer(int number, GossipVersion version = GossipVersion.V12, bool isOutbound = true, string? address = null, bool subscribes = true)
    {
        PeerId peer = GossipIds.Peer(number);
        Router.AddPeer(peer, version, isOutbound, address is null ? null : IPAddress.Parse(address));
        if (subscribes)
        {
            Receive(number, new GossipRpc { Subscriptions = [new GossipSubscription(Topic, true)] });
        }

        return peer;
    }

    public void Receive(int peer, GossipRpc rpc) => Router.Receive(GossipIds.Peer(peer), rpc);

    public void Graft(int peer) => Receive(peer, new GossipRpc { Graft = [Topic] });

    public void Prune(int peer, ulong backoff = 0) => Receive(peer, new GossipRpc { Prune = [new GossipPrune(Topic, backoff, [])] });

    /// <summary>A peer sends a message.</summary>
    /// <returns>Its id.</returns>
    public GossipMessageId Send(int peer, int number, int length = 16)
    {
        GossipMessage message = GossipIds.Message(Topic, number, length);
        Receive(peer, new GossipRpc { Messages = [message] });
        return GossipMessageIds.ByContent(message);
    }

    public void SendAndJudge(int peer, int number, GossipVerdict verdict) => Router.Judge(Send(peer, number), verdict);

    /// <summary>One heartbeat later.</summary>
    /// <returns>What came out of it.</returns>
    public RouterOutput Beat(int count = 1)
    {
        Router.TakeOutput();
        for (int i = 0; i < count; i++)
        {
            Clock.Now += Options.Heartbeat;
            Router.OnHeartbeat();
        }

        return Router.TakeOutput();
    }

    public GossipRpc TakeFor(int peer) => Router.TakeOutput().Rpcs.TryGetValue(GossipIds.Peer(peer), out RpcBuilder? rpc) ? rpc.ToRpc() : new GossipRpc();

    public double Score(int peer) => Router.State.Scores.Of(GossipIds.Peer(peer));
}
