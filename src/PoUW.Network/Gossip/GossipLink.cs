using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>The writing half of gossip with one peer.</summary>
internal sealed class GossipLink(PeerId peer, GossipLimits limits)
{
    private readonly CancellationTokenSource _stop = new();

    public PeerId Peer => peer;

    public GossipSendQueue Queue { get; } = new(limits);

    public CancellationToken Stopped => _stop.Token;

    /// <summary>Ends the loop that writes. Idempotent, from any thread.</summary>
    public void Stop()
    {
        Queue.Close();
        _stop.Cancel();
    }
}
