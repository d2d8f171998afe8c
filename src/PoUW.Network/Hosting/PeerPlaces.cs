using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>
/// One place for each peer, at most so many. A place is reserved by the handshake and holds the connection afterwards. Any thread.
/// </summary>
internal sealed class PeerPlaces(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Place> _places = [];
    private HostConnection[] _connections = [];
    private bool _closed;

    /// <summary>The admitted connections in the order of their peers, so that no order depends on a hash table. Not to be changed.</summary>
    public HostConnection[] Connections => Volatile.Read(ref _connections);

    public HostConnection? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _places.GetValueOrDefault(peer) is { IsLeaving: false } place ? place.Connection : null;
        }
    }

    /// <summary>Reserves a place.</summary>
    /// <param name="peer">For whom.</param>
    /// <param name="current">The place that there is, if the answer is Duplicate.</param>
    /// <returns>None if reserved, else why not.</returns>
    public CloseReason TryReserve(PeerId peer, out Place? current)
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

            _places.Add(peer, new Place());
            return CloseReason.None;
        }
    }

    /// <summary>Gives a reserved place back.</summary>
    public void Release(PeerId peer)
    {
        Place? place;
        lock (_gate)
        {
            _places.Remove(peer, out place);
        }

        place?.Settle();
    }

    /// <summary>Fills the reserved place.</summary>
    /// <returns>False if the host stopped meanwhile; the place is free then.</returns>
    public bool TryFill(HostConnection connection)
    {
        Place? place;
        bool isFilled;
        lock (_gate)
        {
            isFilled = !_closed;
            if (isFilled)
            {
                place = _places[connection.Peer];
                place.Connection = connection;
                Rebuild();
            }
            else
            {
                _places.Remove(connection.Peer, out place);
            }
        }

        place?.Settle();
        return isFilled;
    }

    /// <summary>
    /// Nobody finds the connection any more, but it keeps its place until <see cref="Remove"/>: the next one with the peer begins when the end of this
    /// one was told.
    /// </summary>
    public void Hide(HostConnection connection)
    {
        lock (_gate)
        {
            _places[connection.Peer].IsLeaving = true;
            Rebuild();
        }
    }

    /// <summary>Gives the place of a hidden connection to others.</summary>
    public void Remove(HostConnection connection)
    {
        lock (_gate)
        {
            _places.Remove(connection.Peer);
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
        IEnumerable<Place> found = _places.Values.Where(static place => !place.IsLeaving);
        HostConnection[] connections = [.. found.Select(static place => place.Connection).OfType<HostConnection>().OrderBy(static connection => connection.Peer)];
        Volatile.Write(ref _connections, connections);
    }

    /// <summary>The place of one peer: reserved, then filled.</summary>
    internal sealed class Place
    {
        private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Null while the place is only reserved.</summary>
        public HostConnection? Connection { get; set; }

        /// <summary>True while the end of the connection is told.</summary>
        public bool IsLeaving { get; set; }

        /// <summary>Completes when the place is filled or given back.</summary>
        public Task Settled => _settled.Task;

        public void Settle() => _settled.TrySetResult();
    }
}
