using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// Counts connections, streams and memory in scopes that lie over one another: the system; the transient part, where connections are until their
/// peer is proven; each peer, subnet, protocol, protocol of a peer, and connection. Whoever wants something takes it from every scope that it lies in,
/// or from none, and gives it back by disposing what he got. The host calls <see cref="TryOpenConnection"/> before a dial and after
/// an accept, binds the peer after the security handshake, and opens a <see cref="StreamScope"/> for each stream, which it binds to the protocol after its
/// negotiation; muxers and protocols reserve memory for windows and bodies. Any thread; nothing is called back. Scopes that hold nothing are
/// forgotten, so the manager's own memory is bounded by the system's limits.
/// </summary>
public sealed class ResourceManager
{
    private readonly Lock _gate = new();
    private readonly ResourceOptions _options;
    private readonly ResourceScope _system;
    private readonly ResourceScope _transient;
    private readonly ResourceTable<PeerId> _peers;
    private readonly ResourceTable<IpSubnet> _subnets;
    private readonly ResourceTable<string> _protocols;
    private readonly ResourceTable<ProtocolOfPeer> _protocolPeers;

    /// <summary>Nothing is taken yet.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public ResourceManager(ResourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        _options = options;
        _system = new ResourceScope("system", null, options.System);
        _transient = new ResourceScope("transient", null, options.Transient);
        _peers = new ResourceTable<PeerId>("peer", options.Peer);
        _subnets = new ResourceTable<IpSubnet>("subnet", options.Subnet);
        _protocols = new ResourceTable<string>("protocol", options.Protocol);
        _protocolPeers = new ResourceTable<ProtocolOfPeer>("protocol", options.ProtocolPeer);
    }

    /// <summary>What is taken in all.</summary>
    public ResourceUsage System => Read(() => _system.Usage);

    /// <summary>What connections hold whose peer is not proven yet.</summary>
    public ResourceUsage Transient => Read(() => _transient.Usage);

    /// <summary>Scopes of peers, subnets, protocols and protocols of peers that hold anything.</summary>
    public int ScopeCount => Read(() => _peers.Count + _subnets.Count + _protocols.Count + _protocolPeers.Count);

    /// <summary>What a peer holds.</summary>
    public ResourceUsage Of(PeerId peer) => Read(() => _peers.UsageOf(peer));

    /// <summary>What a subnet holds.</summary>
    public ResourceUsage Of(IpSubnet subnet) => Read(() => _subnets.UsageOf(subnet));

    /// <summary>What a protocol holds with all peers.</summary>
    public ResourceUsage Of(string protocol) => Read(() => _protocols.UsageOf(protocol));

    /// <summary>Takes a place for a connection.</summary>
    /// <param name="isInbound">True if the other side dialed.</param>
    /// <param name="remote">Where it leads.</param>
    /// <param name="scope">The place, to be disposed with the connection; null unless Ok.</param>
    public ValidationResult TryOpenConnection(bool isInbound, Multiaddr remote, out ConnectionScope? scope)
    {
        ArgumentNullException.ThrowIfNull(remote);
        bool isExempt = _options.ExemptLoopback && remote.IpAddress is { } ip && IpSubnet.IsLoopbackAddress(ip);
        ResourceUsage place = ResourceUsage.Connection(isInbound);
        ConnectionScope wanted = new(this, new ResourceScope("connection", remote, _options.Connection), isExempt ? null : IpSubnet.Of(remote), place);
        lock (_gate)
        {
            ValidationResult result = TryTake(place, wanted, null, ScopesOf(wanted, null));
            scope = result.IsValid ? wanted : null;
            return result;
        }
    }

    internal ValidationResult TryBindPeer(ConnectionScope connection, PeerId peer)
    {
        lock (_gate)
        {
            if (connection.IsDisposed)
            {
                return Closed();
            }

            if (connection.Peer is not null)
            {
                throw new InvalidOperationException("A connection is bound to a peer once.");
            }

            connection.Peer = peer;
            ResourceUsage held = connection.Own.Usage;
            ValidationResult result = TryTake(held, connection, null, [_peers.GetOrAdd(peer)]);
            if (result.IsValid)
            {
                _transient.Remove(held);
            }
            else
            {
                connection.Peer = null;
            }

            return result;
        }
    }

    internal ValidationResult TryOpenStream(ConnectionScope connection, bool isInbound, out StreamScope? scope)
    {
        scope = null;
        lock (_gate)
        {
            if (connection.IsDisposed)
            {
                return Closed();
            }

            ResourceUsage place = ResourceUsage.Stream(isInbound);
            ValidationResult result = TryTake(place, connection, null, ScopesOf(connection, null));
            scope = result.IsValid ? new StreamScope(this, connection, place) : null;
            return result;
        }
    }

    internal ValidationResult TryBindProtocol(StreamScope stream, string protocol)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        lock (_gate)
        {
            if (stream.IsDisposed)
            {
                return Closed();
            }

            if (stream.Protocol is not null)
            {
                throw new InvalidOperationException("A stream is bound to a protocol once.");
            }

            stream.Protocol = protocol;
            stream.ProtocolOfPeer = stream.Connection.Peer is { } peer ? new ProtocolOfPeer(protocol, peer) : null;
            ValidationResult result = TryTake(stream.Held, stream.Connection, stream, ProtocolScopesOf(stream));
            if (!result.IsValid)
            {
                stream.Protocol = null;
                stream.ProtocolOfPeer = null;
            }

            return result;
        }
    }

    internal ValidationResult TryReserve(ConnectionScope connection, StreamScope? stream, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_gate)
        {
            if (stream?.IsDisposed ?? connection.IsDisposed)
            {
                return Closed();
            }

            ResourceUsage growth = ResourceUsage.Memory(bytes);
            ValidationResult result = TryTake(growth, connection, stream, ScopesOf(connection, stream));
            if (result.IsValid)
            {
                Hold(connection, stream, growth);
            }

            return result;
        }
    }

    internal void Return(ConnectionScope connection, StreamScope? stream, long bytes)
    {
        lock (_gate)
        {
            // A stream or connection that is gone has given back what was reserved in it.
            if (!(stream?.IsDisposed ?? connection.IsDisposed))
            {
                ResourceUsage part = ResourceUsage.Memory(bytes);
                Hold(connection, stream, default(ResourceUsage) - part);
                Release(part, connection, stream);
            }
        }
    }

    internal void Close(StreamScope stream)
    {
        lock (_gate)
        {
            if (!stream.IsDisposed)
            {
                stream.IsDisposed = true;
                Release(stream.Held, stream.Connection, stream);
            }
        }
    }

    internal void Close(ConnectionScope connection)
    {
        lock (_gate)
        {
            if (!connection.IsDisposed)
            {
                connection.IsDisposed = true;
                Release(connection.Held, connection, null);
            }
        }
    }

    internal T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private static ValidationResult Closed() =>
        ValidationResult.Fail(ValidationCode.NotAllowed, nameof(ConnectionScope), "The connection or stream was closed meanwhile.");

    private static void Hold(ConnectionScope connection, StreamScope? stream, ResourceUsage change)
    {
        if (stream is null)
        {
            connection.Held += change;
        }
        else
        {
            stream.Held += change;
        }
    }

    /// <summary>Takes from all scopes or from none.</summary>
    private ValidationResult TryTake(ResourceUsage growth, ConnectionScope connection, StreamScope? stream, List<ResourceScope> scopes)
    {
        foreach (ResourceScope scope in scopes)
        {
            if (scope.FindExceeded(growth) is { } limit)
            {
                ValidationResult tooMuch = ValidationResult.Fail(ValidationCode.RateLimited, limit, $"The scope '{scope.Name}' has no room for more.");
                ForgetEmpty(connection, stream);
                return tooMuch;
            }
        }

        scopes.ForEach(scope => scope.Add(growth));
        return ValidationResult.Ok;
    }

    private void Release(ResourceUsage part, ConnectionScope connection, StreamScope? stream)
    {
        ScopesOf(connection, stream).ForEach(scope => scope.Remove(part));
        ForgetEmpty(connection, stream);
    }

    private List<ResourceScope> ScopesOf(ConnectionScope connection, StreamScope? stream)
    {
        List<ResourceScope> scopes = [connection.Own, _system, connection.Peer is { } peer ? _peers.GetOrAdd(peer) : _transient];
        if (connection.Subnet is { } subnet)
        {
            scopes.Add(_subnets.GetOrAdd(subnet));
        }

        if (stream is not null)
        {
            scopes.AddRange(ProtocolScopesOf(stream));
        }

        return scopes;
    }

    private List<ResourceScope> ProtocolScopesOf(StreamScope stream)
    {
        List<ResourceScope> scopes = [];
        if (stream.Protocol is { } protocol)
        {
            scopes.Add(_protocols.GetOrAdd(protocol));
        }

        if (stream.ProtocolOfPeer is { } protocolOfPeer)
        {
            scopes.Add(_protocolPeers.GetOrAdd(protocolOfPeer));
        }

        return scopes;
    }

    private void ForgetEmpty(ConnectionScope connection, StreamScope? stream)
    {
        if (connection.Peer is { } peer)
        {
            _peers.ForgetIfEmpty(peer);
        }

        if (connection.Subnet is { } subnet)
        {
            _subnets.ForgetIfEmpty(subnet);
        }

        if (stream?.Protocol is { } protocol)
        {
            _protocols.ForgetIfEmpty(protocol);
        }

        if (stream?.ProtocolOfPeer is { } protocolOfPeer)
        {
            _protocolPeers.ForgetIfEmpty(protocolOfPeer);
        }
    }
}
