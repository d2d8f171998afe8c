using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>
/// One place for each peer, at most so many. A place is reserved by the handshake and holds the connection afterwards. Any thread.
/// </summary>
internal sealed class PeerPlaces(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, HostConnection?> _places = [];
    private HostConnection[] _connections = [];
    private bool _closed;

    /// <summary>The admitted connections in the order of their peers, so that no order depends on a hash table. Not to be changed.</summary>
    public HostConnection[] Connections => Volatile.Read(ref _connections);

    public HostConnection? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _places.GetValueOrDefault(peer);
        }
    }

    /// <summary>Reserves a place.</summary>
    /// <param name="peer">For whom.</param>
    /// <param name="current">The connection that holds the place; null if it is reserved for one, or the answer is another.</param>
    /// <returns>None if reserved, else why not.</returns>
    public CloseReason TryReserve(PeerId peer, out HostConnection? current)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(peer, out current))
            {
                return CloseReason.Duplicate;
            }

            if (_closed)
            {
                return CloseReason.ShuttingDown;
            }

            if (_places.Count == capacity)
            {
                return CloseReason.TooManyPeers;
            }

            _places.Add(peer, null);
            return CloseReason.None;
        }
    }

    public void Release(PeerId peer)
    {
        lock (_gate)
        {
            _places.Remove(peer);
        }
    }

    /// <summary>Fills the reserved place.</summary>
    /// <returns>False if the host stopped meanwhile; the place is free then.</returns>
    public bool TryFill(HostConnection connection)
    {
        lock (_gate)
        {
            if (_closed)
            {
                _places.Remove(connection.Peer);
                return false;
            }

            _places[connection.Peer] = connection;
            Rebuild();
            return true;
        }
    }

    public void Remove(HostConnection connection)
    {
        lock (_gate)
        {
            _places.Remove(connection.Peer);
            Rebuild();
        }
    }

    /// <summary>Gives out no more places and returns the connections.</summary>
    public HostConnection[] Close()
    {
        lock (_gate)
        {
            _closed = true;
            return _connections;
        }
    }

    private void Rebuild()
    {
        HostConnection[] connections = [.. _places.Values.OfType<HostConnection>().OrderBy(static connection => connection.Peer)];
        Volatile.Write(ref _connections, connections);
    }
}
