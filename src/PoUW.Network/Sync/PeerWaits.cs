using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>Ends what waits for the sake of a peer when it goes, or when everything stops. Thread-safe.</summary>
internal sealed class PeerWaits(SyncNetwork network)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, CancellationTokenSource> _peers = [];

    /// <summary>Cancelled when the peer goes; at once if it is gone.</summary>
    internal CancellationToken TokenOf(PeerId peer)
    {
        CancellationToken token;
        lock (_gate)
        {
            if (!_peers.TryGetValue(peer, out CancellationTokenSource? end))
            {
                end = CancellationTokenSource.CreateLinkedTokenSource(network.Stopping);
                _peers.Add(peer, end);
            }

            token = end.Token;
        }

        if (!network.Peers.Contains(peer))
        {
            // It went before it was listed.
            End(peer);
        }

        return token;
    }

    internal void End(PeerId peer)
    {
        CancellationTokenSource? end;
        lock (_gate)
        {
            _peers.Remove(peer, out end);
        }

        end?.Cancel();
        end?.Dispose();
    }
}
