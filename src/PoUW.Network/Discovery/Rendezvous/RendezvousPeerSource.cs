using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// Finds peers through the rendezvous points among the connected peers: those that say that they speak the protocol. Registers this node there too,
/// and again when half of a registration's life is over. If there are more than it may ask it draws them, those that this node has dialed first; one that
/// fails does not keep it from the others, and is told when all were asked. One call at a time.
/// </summary>
public sealed class RendezvousPeerSource : IPeerSource
{
    private readonly IHost _host;
    private readonly RendezvousClient _client;
    private readonly AddressBook _book;
    private readonly string _namespace;
    private readonly Func<ReadOnlyMemory<byte>> _ownRecord;
    private readonly int _points;
    private readonly TimeProvider _time;
    private readonly IRandomSource _random;
    private readonly SortedDictionary<PeerId, (DateTimeOffset RenewAt, ReadOnlyMemory<byte> Cookie)> _known = [];

    /// <summary>A source over a namespace.</summary>
    /// <param name="host">The connections.</param>
    /// <param name="client">Asks.</param>
    /// <param name="book">Where the peers found go.</param>
    /// <param name="namespace">The namespace, for instance one of the network.</param>
    /// <param name="ownRecord">This node's signed record; empty not to register.</param>
    /// <param name="points">The most points asked in one call.</param>
    /// <param name="time">The clock of the registrations.</param>
    /// <param name="random">Chooses among the points.</param>
    public RendezvousPeerSource(
        IHost host, RendezvousClient client, AddressBook book, string @namespace, Func<ReadOnlyMemory<byte>> ownRecord, int points, TimeProvider time,
        IRandomSource random)
    {
        (_host, _client, _book, _namespace, _ownRecord, _points, _time, _random) = (host, client, book, @namespace, ownRecord, points, time, random);
    }

    /// <inheritdoc/>
    public async ValueTask FindAsync(int wanted, CancellationToken cancellation)
    {
        PeerConnection[] points = [.. _host.Peers.Where(static peer => peer.Protocols.Contains(RendezvousProtocol.Id))];
        Forget(points);
        NetworkException? failed = null;
        foreach (PeerConnection point in Choose(points))
        {
            try
            {
                await RegisterAsync(point.Id, cancellation);
                await DiscoverAsync(point, wanted, cancellation);
            }
            catch (NetworkException failure)
            {
                // The others may answer; who asked hears of it at the end.
                failed ??= failure;
            }
        }

        if (failed is not null)
        {
            throw new NetworkException(failed.Error, $"A rendezvous point failed: {failed.Message}", failed);
        }
    }

    /// <summary>At random, since whoever may choose his id could else be asked always; those that nobody else chose for this node come first.</summary>
    private IEnumerable<PeerConnection> Choose(PeerConnection[] points)
    {
        Span<byte> bytes = stackalloc byte[8];
        for (int i = points.Length - 1; i > 0; i--)
        {
            _random.Fill(bytes);
            int other = (int)(BinaryPrimitives.ReadUInt64LittleEndian(bytes) % (ulong)(i + 1));
            (points[i], points[other]) = (points[other], points[i]);
        }

        return points.OrderBy(static point => point.IsInbound).Take(_points);
    }

    private async ValueTask RegisterAsync(PeerId point, CancellationToken cancellation)
    {
        bool isKnown = _known.TryGetValue(point, out (DateTimeOffset RenewAt, ReadOnlyMemory<byte> Cookie) last);
        ReadOnlyMemory<byte> record = _ownRecord();
        if (record.IsEmpty || (isKnown && _time.GetUtcNow() < last.RenewAt))
        {
            return;
        }

        (RendezvousStatus status, TimeSpan ttl) = await _client.RegisterAsync(point, _namespace, record, null, cancellation);
        if (status == RendezvousStatus.Ok)
        {
            _known[point] = (_time.GetUtcNow() + (ttl / 2), last.Cookie);
        }
    }

    private async ValueTask DiscoverAsync(PeerConnection point, int wanted, CancellationToken cancellation)
    {
        _known.TryGetValue(point.Id, out (DateTimeOffset RenewAt, ReadOnlyMemory<byte> Cookie) last);
        RendezvousPage page = await _client.DiscoverAsync(point.Id, _namespace, wanted, last.Cookie, cancellation);
        foreach ((PeerRecord record, ReadOnlyMemory<byte> envelope) in page.Peers)
        {
            if (record.Peer != _host.Id)
            {
                _book.AddRecord(record.Peer, record.Addresses, record.Sequence, envelope.Span, point.RemoteAddress);
            }
        }

        // A cookie that the point no longer takes begins anew, and so does one at the end of the list: peers may have been forgotten here meanwhile.
        _known[point.Id] = (last.RenewAt, page.Status == RendezvousStatus.Ok && page.Peers.Count > 0 ? page.Cookie : default);
    }

    private void Forget(PeerConnection[] points)
    {
        PeerId[] gone = [.. _known.Keys.Where(known => !points.Any(point => point.Id == known))];
        foreach (PeerId point in gone)
        {
            _known.Remove(point);
        }
    }
}
