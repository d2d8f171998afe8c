using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>
/// A network of hosts in one process whose links have latency, jitter, bandwidth and loss, and can be changed, cut and stopped while it runs.
/// Everything happens by the clock and the random source that it is given: with a virtual clock and a seeded source, on one thread, it is
/// reproducible. Links are directed; "a to b" and "b to a" are changed apart. Members may be called from any thread.
/// </summary>
public sealed class NetworkModel
{
    private readonly long _start;
    private readonly NetworkModelOptions _options;
    private readonly SortedDictionary<string, ModelledHost> _hosts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(int From, int To), ModelledLink> _links = [];
    private readonly SortedDictionary<ulong, ModelledCable> _cables = [];
    private ulong _connected;

    /// <summary>A network without hosts.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public NetworkModel(NetworkModelOptions options, TimeProvider time, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, Time, Random) = (options, time, random);
        _start = time.GetTimestamp();
        Ports = new ModelledPorts(this, options);
    }

    /// <summary>Connections that are not closed at both ends.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (Gate)
            {
                return _cables.Count;
            }
        }
    }

    internal Lock Gate { get; } = new();

    /// <summary>Who listens where, and dials.</summary>
    internal ModelledPorts Ports { get; }

    internal TimeProvider Time { get; }

    internal IRandomSource Random { get; }

    /// <summary>The time since the network was made.</summary>
    internal TimeSpan Now => Time.GetElapsedTime(_start);

    /// <summary>Adds a host. With an IP address its connections are shown to come from there, and it can listen there.</summary>
    /// <exception cref="ArgumentException">The name or the address is taken.</exception>
    public ModelledTransport AddHost(string name, IPAddress? address = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ModelledHost host;
        lock (Gate)
        {
            host = new ModelledHost(_hosts.Count, name, address);
            if (_hosts.Values.Any(other => address is not null && address.Equals(other.Address)) || !_hosts.TryAdd(name, host))
            {
                throw new ArgumentException($"There is a host '{name}' or one at {address}.");
            }
        }

        return new ModelledTransport(this, host);
    }

    /// <summary>Changes a link. Bytes on their way keep their time of arrival.</summary>
    /// <exception cref="ArgumentException">No such host, or the properties break a rule.</exception>
    public void SetLink(string from, string to, LinkProperties properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        lock (Gate)
        {
            LinkOf(from, to).Properties = properties.ThrowIfInvalid();
        }
    }

    /// <summary>Limits what a host sends, to all others together; null for no limit.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void SetUplink(string host, long? bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerSecond ?? 1);
        lock (Gate)
        {
            HostOf(host).UplinkBytesPerSecond = bytesPerSecond;
        }
    }

    /// <summary>
    /// Nothing passes from one host to the other until <see cref="Unblock"/> or <see cref="Heal"/>; the way back still works. Connections do not
    /// end by it: what is written waits and arrives afterwards. Dials fail after <see cref="NetworkModelOptions.ConnectTimeout"/>.
    /// </summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Block(string from, string to)
    {
        lock (Gate)
        {
            LinkOf(from, to).Block();
        }
    }

    /// <summary>Ends a <see cref="Block"/>.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Unblock(string from, string to)
    {
        lock (Gate)
        {
            LinkOf(from, to).Unblock(Now);
        }
    }

    /// <summary>Blocks every link between a host of the one group and a host of the other, both ways.</summary>
    /// <exception cref="ArgumentException">No such host, or one is in both groups.</exception>
    public void Partition(IReadOnlyCollection<string> left, IReadOnlyCollection<string> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        lock (Gate)
        {
            foreach (string one in left)
            {
                foreach (string other in right)
                {
                    LinkOf(one, other).Block();
                    LinkOf(other, one).Block();
                }
            }
        }
    }

    /// <summary>Blocks every link of a host, both ways.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Isolate(string host)
    {
        lock (Gate)
        {
            Partition([HostOf(host).Name], [.. _hosts.Keys.Where(other => other != host)]);
        }
    }

    /// <summary>Stops a link until <see cref="Unclog"/> or <see cref="Heal"/>: bytes are kept, and a dial goes on once it runs again.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Clog(string from, string to)
    {
        lock (Gate)
        {
            LinkOf(from, to).Clog();
        }
    }

    /// <summary>Ends a <see cref="Clog"/>.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Unclog(string from, string to)
    {
        lock (Gate)
        {
            LinkOf(from, to).Unclog(Now);
        }
    }

    /// <summary>Ends every block and clog.</summary>
    public void Heal()
    {
        lock (Gate)
        {
            foreach (ModelledLink link in _links.Values)
            {
                link.Unblock(Now);
                link.Unclog(Now);
            }
        }
    }

    /// <summary>
    /// A host goes without a word, as by a power cut. Its own ends fail and its listeners stop. The other ends of its connections are half-open:
    /// they read nothing and no end, and their writes are swallowed until the buffers are full. Dials to it get no answer.
    /// </summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Vanish(string host)
    {
        lock (Gate)
        {
            ModelledHost gone = HostOf(host);
            gone.HasVanished = true;
            Ports.Stop(gone);
            foreach (ModelledCable cable in _cables.Values.Where(cable => cable.Touches(gone)).ToArray())
            {
                cable.Lose(gone);
            }
        }
    }

    /// <summary>A vanished host is back and may listen and dial; what it gets of its former connections it answers with a reset.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Return(string host)
    {
        lock (Gate)
        {
            ModelledHost back = HostOf(host);
            back.HasVanished = false;
            foreach (ModelledCable cable in _cables.Values.Where(cable => cable.Touches(back)).ToArray())
            {
                cable.ForgetBy(back);
            }

            foreach (ModelledLink link in _links.Values.Where(link => link.To == back || link.From == back))
            {
                link.Wake();
            }
        }
    }

    /// <summary>Breaks all connections between two hosts: reads and writes at both ends fail.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public void Reset(string one, string other)
    {
        lock (Gate)
        {
            (ModelledHost left, ModelledHost right) = (HostOf(one), HostOf(other));
            foreach (ModelledCable cable in _cables.Values.Where(cable => cable.Joins(left, right)).ToArray())
            {
                cable.Reset("The connection was reset.");
            }
        }
    }

    /// <summary>Bytes that arrived over a link since the network was made.</summary>
    /// <exception cref="ArgumentException">No such host.</exception>
    public long DeliveredBytes(string from, string to)
    {
        lock (Gate)
        {
            return LinkOf(from, to).DeliveredBytes;
        }
    }

    /// <summary>The host of an IP address, or null. Called under the lock.</summary>
    internal ModelledHost? HostAt(IPAddress address) => _hosts.Values.FirstOrDefault(host => address.Equals(host.Address));

    /// <summary>The link between two hosts. Called under the lock.</summary>
    internal ModelledLink LinkOf(ModelledHost from, ModelledHost to)
    {
        if (!_links.TryGetValue((from.Number, to.Number), out ModelledLink? link))
        {
            link = new ModelledLink(from, to, _options.Link);
            _links.Add((from.Number, to.Number), link);
        }

        return link;
    }

    /// <summary>A connection over two links, both ways, which is to be kept with <see cref="Add"/>. Called under the lock.</summary>
    internal ModelledCable Connect(ModelledLink there, ModelledLink back, Multiaddr from, Multiaddr to) => new(this, ++_connected, there, back, from, to);

    internal void Add(ModelledCable cable) => _cables.Add(cable.Number, cable);

    internal void Remove(ModelledCable cable) => _cables.Remove(cable.Number);

    /// <summary>Runs an action under the lock after a time; at once if that is zero. Called under the lock.</summary>
    internal void After(TimeSpan delay, Action action)
    {
        if (delay == TimeSpan.Zero)
        {
            action();
            return;
        }

        ITimer? timer = null;
        timer = Time.CreateTimer(
            _ =>
            {
                lock (Gate)
                {
                    action();
                    timer?.Dispose();
                }
            },
            null,
            delay,
            Timeout.InfiniteTimeSpan);
    }

    private ModelledHost HostOf(string name) =>
        _hosts.TryGetValue(name, out ModelledHost? host) ? host : throw new ArgumentException($"There is no host '{name}'.");

    private ModelledLink LinkOf(string from, string to) => from == to
        ? throw new ArgumentException($"The host '{from}' has no link to itself.")
        : LinkOf(HostOf(from), HostOf(to));
}
