using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>The places for announcements whose verdict is open, so that no peer takes them all. Thread-safe.</summary>
/// <param name="most">Places of all peers.</param>
/// <param name="mostPerPeer">Places of one peer.</param>
internal sealed class AnnouncementPlaces(int most, int mostPerPeer)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, int> _places = [];
    private int _taken;

    internal bool TryEnter(PeerId peer)
    {
        lock (_gate)
        {
            int own = _places.GetValueOrDefault(peer);
            if (_taken >= most || own >= mostPerPeer)
            {
                return false;
            }

            _taken++;
            _places[peer] = own + 1;
            return true;
        }
    }

    internal void Leave(PeerId peer)
    {
        lock (_gate)
        {
            _taken--;
            int own = _places[peer] - 1;
            _ = own == 0 ? _places.Remove(peer) : (_places[peer] = own) > 0;
        }
    }
}
