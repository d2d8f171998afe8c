using System.Globalization;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>
/// The hub that in-memory transports of one process share: names of listeners, and nothing else. Only bytes cross it, by copy.
/// Members may be called from any thread.
/// </summary>
public sealed class InMemoryNetwork
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Multiaddr, InMemoryListener> _listeners = [];
    private readonly int _pipeBytes;
    private readonly int _backlog;
    private ulong _dialed;

    /// <summary>Creates an empty hub.</summary>
    /// <param name="pipeBytes">Bytes that one direction of a connection holds before a write waits.</param>
    /// <param name="backlog">Connections that wait at a listener before a dial is refused.</param>
    public InMemoryNetwork(int pipeBytes = 256 * 1024, int backlog = 128)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pipeBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(backlog);
        _pipeBytes = pipeBytes;
        _backlog = backlog;
    }

    internal IListener Listen(Multiaddr address)
    {
        InMemoryListener listener = new(this, address, _backlog);
        lock (_gate)
        {
            return _listeners.TryAdd(address, listener)
                ? listener
                : throw new NetworkException(NetworkError.EndpointInUse, $"{address} is in use.");
        }
    }

    internal IConnection Dial(Multiaddr address)
    {
        InMemoryPipe there = new(_pipeBytes);
        InMemoryPipe back = new(_pipeBytes);
        lock (_gate)
        {
            Multiaddr dialer = Multiaddr.Memory(string.Create(CultureInfo.InvariantCulture, $"dialer-{++_dialed}"));
            bool offered = _listeners.TryGetValue(address, out InMemoryListener? listener)
                && listener.TryOffer(new InMemoryConnection(address, dialer, there, back));
            return offered
                ? new InMemoryConnection(dialer, address, back, there)
                : throw new NetworkException(NetworkError.Refused, $"{address} does not accept connections.");
        }
    }

    internal void Remove(InMemoryListener listener)
    {
        lock (_gate)
        {
            if (_listeners.TryGetValue(listener.LocalAddress, out InMemoryListener? current) && ReferenceEquals(current, listener))
            {
                _listeners.Remove(listener.LocalAddress);
            }
        }
    }
}
