namespace PoUW.Network.Sessions;

/// <summary>
/// One place for each peer, at most so many. A place is reserved during the handshake and holds the session afterwards. Any thread.
/// </summary>
internal sealed class SessionRegistry(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, PeerSession?> _places = [];
    private PeerSession[] _sessions = [];
    private bool _closed;

    /// <summary>The sessions in the order of their peers' names, so that no order depends on a hash table. Not to be changed.</summary>
    public PeerSession[] Sessions => Volatile.Read(ref _sessions);

    public PeerSession? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _places.GetValueOrDefault(peer);
        }
    }

    /// <summary>Reserves a place; a session that is ending is waited for.</summary>
    /// <returns>None if reserved, else why not.</returns>
    public async ValueTask<CloseReason> ReserveAsync(PeerId peer, CancellationToken cancellation)
    {
        while (true)
        {
            PeerSession? current;
            lock (_gate)
            {
                if (!_places.TryGetValue(peer, out current))
                {
                    return Add(peer);
                }
            }

            if (current is not { IsClosing: true })
            {
                return CloseReason.Duplicate;
            }

            await current.Ended.WaitAsync(cancellation);
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
    /// <returns>False if the registry was closed meanwhile.</returns>
    public bool TryFill(PeerSession session)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _places[session.Peer.Id] = session;
            Rebuild();
            return true;
        }
    }

    public void Remove(PeerSession session)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(session.Peer.Id, out PeerSession? current) && ReferenceEquals(current, session))
            {
                _places.Remove(session.Peer.Id);
                Rebuild();
            }
        }
    }

    /// <summary>Gives out no more places and returns the sessions.</summary>
    public PeerSession[] Close()
    {
        lock (_gate)
        {
            _closed = true;
            return _sessions;
        }
    }

    private CloseReason Add(PeerId peer)
    {
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

    private void Rebuild()
    {
        PeerSession[] sessions = [.. _places.Values.OfType<PeerSession>().OrderBy(static session => session.Peer.Id)];
        Volatile.Write(ref _sessions, sessions);
    }
}
