using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>Counts faults and ends the session of a peer that reached the ban.</summary>
internal sealed class PeerJudge(PeerStandings standings, SessionRegistry sessions, INetworkObserver observer)
{
    public void AddFault(PeerId peer, string detail)
    {
        observer.Observe(new NetworkEvent(NetworkEventKind.PeerFault, peer, detail));
        if (!standings.AddFault(peer))
        {
            return;
        }

        observer.Observe(new NetworkEvent(NetworkEventKind.PeerBanned, peer, detail));
        sessions.Find(peer)?.BeginClose(CloseReason.Banned, tell: true);
    }
}
