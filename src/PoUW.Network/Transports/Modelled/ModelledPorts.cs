using System.Net;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>Who listens where in a <see cref="NetworkModel"/>, and how a dial crosses its links. Takes the model's lock where it does not say otherwise.</summary>
internal sealed class ModelledPorts(NetworkModel model, NetworkModelOptions options)
{
    private readonly Dictionary<Multiaddr, ModelledListener> _listeners = [];
    private readonly Dictionary<Multiaddr, ModelledHost> _owners = [];

    public ModelledListener Listen(ModelledHost host, Multiaddr address)
    {
        lock (model.Gate)
        {
            ThrowIfVanished(host);
            address = Resolve(host, address);
            ModelledListener listener = new(model, host, address, options.Backlog);
            if (!_listeners.TryAdd(address, listener))
            {
                throw new NetworkException(NetworkError.EndpointInUse, $"{address} is in use.");
            }

            _owners[address] = host;
            return listener;
        }
    }

    public async ValueTask<IConnection> DialAsync(ModelledHost from, Multiaddr address, CancellationToken cancellation)
    {
        ModelledLink there;
        ModelledLink back;
        lock (model.Gate)
        {
            ThrowIfVanished(from);
            ModelledHost to = OwnerOf(address) ?? throw Refused(address);
            (there, back) = (model.LinkOf(from, to), model.LinkOf(to, from));
        }

        using CancellationTokenSource deadline = new(options.ConnectTimeout, model.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await CrossAsync(there, either.Token);
            await CrossAsync(back, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Refused, $"{address} did not answer in {options.ConnectTimeout}.");
        }

        lock (model.Gate)
        {
            ThrowIfVanished(from);
            ModelledCable cable = model.Connect(there, back, from.NextLocalAddress(), address);
            if (!_listeners.TryGetValue(address, out ModelledListener? listener) || !listener.TryOffer(cable.ListenerEnd))
            {
                throw Refused(address);
            }

            model.Add(cable);
            return cable.DialerEnd;
        }
    }

    public void Remove(ModelledListener listener)
    {
        lock (model.Gate)
        {
            if (_listeners.TryGetValue(listener.LocalAddress, out ModelledListener? current) && ReferenceEquals(current, listener))
            {
                _listeners.Remove(listener.LocalAddress);
            }
        }
    }

    /// <summary>Stops the listeners of a host. Called under the lock.</summary>
    public void Stop(ModelledHost host)
    {
        foreach (ModelledListener listener in _listeners.Values.Where(listener => listener.Host == host).OrderBy(listener => listener.LocalAddress).ToArray())
        {
            _listeners.Remove(listener.LocalAddress);
            listener.Stop();
        }
    }

    private static NetworkException Refused(Multiaddr address) => new(NetworkError.Refused, $"{address} does not accept connections.");

    private static void ThrowIfVanished(ModelledHost host)
    {
        if (host.HasVanished)
        {
            throw new NetworkException(NetworkError.Refused, $"The host '{host.Name}' has vanished.");
        }
    }

    private static Multiaddr Resolve(ModelledHost host, Multiaddr address)
    {
        if (address.MemoryName is not null)
        {
            return address;
        }

        bool isHere = address.TryGetTcp(out _, out int port) && host.Address is { } own && address.IpAddress is { } asked
            && (asked.Equals(own) || asked.Equals(IPAddress.Any) || asked.Equals(IPAddress.IPv6Any));
        return isHere
            ? Multiaddr.Tcp(new IPEndPoint(host.Address!, port == 0 ? host.NextPort() : port))
            : throw new NetworkException(NetworkError.BadEndpoint, $"'{address}' is no address of the host '{host.Name}'.");
    }

    private async ValueTask CrossAsync(ModelledLink link, CancellationToken cancellation)
    {
        while (true)
        {
            TaskCompletionSource changed;
            lock (model.Gate)
            {
                if (link.IsOpen && !link.To.HasVanished && !link.From.HasVanished)
                {
                    break;
                }

                changed = link.WhenChanged();
            }

            using (cancellation.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), changed))
            {
                await changed.Task;
            }
        }

        TimeSpan delay;
        lock (model.Gate)
        {
            delay = link.TransitTime(model.Random);
        }

        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, model.Time, cancellation);
        }
    }

    private ModelledHost? OwnerOf(Multiaddr address)
    {
        if (_owners.TryGetValue(address, out ModelledHost? owner))
        {
            return owner;
        }

        return address.IpAddress is { } ip ? model.HostAt(ip) : null;
    }
}
