using PoUW.Core.Primitives;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>What the sync uses of a node: the one place that names its members.</summary>
internal sealed class SyncNetwork(NetworkNode node, CancellationToken stopping)
{
    /// <summary>Calls back for every peer that comes; must be soon done.</summary>
    internal void WhenConnected(Action<PeerId> tell) => node.PeerConnected += peer => tell(peer.Id);

    /// <summary>Calls back for every peer that goes; must be soon done.</summary>
    internal void WhenDisconnected(Action<PeerId> tell) => node.PeerDisconnected += (peer, _) => tell(peer.Id);

    /// <summary>The peers, in the order of their ids.</summary>
    internal IReadOnlyList<PeerId> Peers => [.. node.Peers.Select(static peer => peer.Id)];

    /// <summary>A peer, and then all others, starting at a place that depends on what is wanted so that load spreads.</summary>
    internal IEnumerable<PeerId> Sources(PeerId first, Hash256 id)
    {
        PeerId[] others = [.. Peers.Where(peer => peer != first)];
        int start = others.Length == 0 ? 0 : id.ToArray()[0] % others.Length;
        return others[start..].Concat(others[..start]).Prepend(first);
    }

    /// <summary>Cancelled when the sync stops.</summary>
    internal CancellationToken Stopping => stopping;

    internal void Subscribe(
        string topic, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>> handler, GossipTopicOptions? options = null) =>
        node.SubscribeWithOutcome(topic, handler, options);

    internal async Task PublishAsync(string topic, ReadOnlyMemory<byte> message) => await node.PublishAsync(topic, message);

    internal void Serve(
        string protocol, Func<PeerId, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> handler, StreamPriority priority = StreamPriority.Normal) =>
        node.Serve(protocol, (peer, request, _) => ValueTask.FromResult(handler(peer, request)), priority, MessageKind.Sync);

    /// <summary>Asks a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="request">The request.</param>
    /// <param name="priority">How the transfer is scheduled beside others.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellation">Takes the request back, beside the end of the sync if it is linked to that.</param>
    /// <exception cref="OperationCanceledException">The sync stops, or the request was taken back.</exception>
    internal async ValueTask<SyncAnswer> AskAsync(
        PeerId peer, string protocol, ReadOnlyMemory<byte> request, StreamPriority priority, TimeSpan timeout, CancellationToken? cancellation = null)
    {
        RequestResult answer = await node.RequestAsync(peer, protocol, request, timeout, cancellation ?? stopping, priority);
        bool isBusy = answer.Status == RequestStatus.Refused || (answer.IsOk && answer.Response.IsEmpty);
        return new SyncAnswer(answer.IsOk ? answer.Response : default, isBusy);
    }

    /// <summary>Tells the node's observer of a failure that ends nothing.</summary>
    internal void Report(Exception failure) => node.TryRun("late request", () => Task.FromException(failure));

    internal void Punish(PeerId peer, string detail) => node.Punish(peer, detail);

    /// <summary>Names a block in a complaint.</summary>
    internal void Punish(PeerId peer, string what, Hash256 id) => node.Punish(peer, $"{what} {id.ToShortString()}");
}
