using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>
/// Keeps two nodes at one connection. Of two nodes the one with the smaller id decides which connection stays: the first that it admits. The
/// other one follows. So nodes that dial each other at the same time agree without a race. A peer that dials although it seems connected has
/// probably lost its connection without a word: the old one is asked for a sign of life, and makes room without one.
/// </summary>
internal sealed class PlaceArbiter(PeerId self, PeerPlaces places, HostOptions options, TimeProvider time)
{
    /// <summary>True if this side decides about connections with a peer.</summary>
    public bool Decides(PeerId peer) => self < peer;

    /// <summary>Takes the place of a connection about which this side decides.</summary>
    public async ValueTask<CloseReason> DecideAsync(HostConnection connection, CancellationToken cancellation)
    {
        bool isProbed = false;
        while (true)
        {
            CloseReason refusal = places.TryReserve(connection.Peer, connection.IsInbound, out PeerPlaces.Place? place);
            if (place?.Connection is not { } current)
            {
                return refusal;
            }

            if (!current.IsClosing)
            {
                if (isProbed || await IsAliveAsync(current, cancellation))
                {
                    return CloseReason.Duplicate;
                }

                current.BeginClose(CloseReason.Lost);
            }

            isProbed = true;
            await current.WaitForEndAsync(cancellation);
        }
    }

    /// <summary>Takes the place of a connection that the deciding peer has admitted: one that is still here has ended there.</summary>
    public async ValueTask<CloseReason> FollowAsync(HostConnection connection, CancellationToken cancellation)
    {
        places.Find(connection.Peer)?.BeginClose(CloseReason.Duplicate);
        return await WaitForPlaceAsync(connection, cancellation);
    }

    /// <summary>
    /// Takes the place of a connection if the deciding peer does not tell its decision: while there is another one, this one waits for the peer
    /// to end one of them. The token ends the wait.
    /// </summary>
    public async ValueTask<CloseReason> WaitForPlaceAsync(HostConnection connection, CancellationToken cancellation)
    {
        while (true)
        {
            CloseReason refusal = places.TryReserve(connection.Peer, connection.IsInbound, out PeerPlaces.Place? place);
            if (place is null)
            {
                return refusal;
            }

            // Whoever reserved the place may still fail, and whoever has it may be the one that the peer ends.
            await (place.Connection is { } current
                ? current.WaitForEndAsync(cancellation)
                : HostConnection.WaitAsync(place.Settled, cancellation));
        }
    }

    private async ValueTask<bool> IsAliveAsync(HostConnection connection, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(options.ProbeTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await connection.Muxer.PingAsync(either.Token);
            return true;
        }
        catch (NetworkException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
