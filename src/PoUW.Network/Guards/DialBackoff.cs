using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// Remembers which dials failed. The host asks <see cref="WaitBefore"/> before a dial, tells <see cref="AddressFailed"/> for an address that did
/// not answer, <see cref="PeerFailed"/> for a peer that was reached and refused, broke the handshake or turned out to be another one (or when all
/// its addresses failed), and <see cref="Succeeded"/> once the peer is admitted. A dial that its caller cancelled is no failure, nor is one
/// that a person asked for by hand bound to wait. Bounded memory, any thread, nothing is called back.
/// </summary>
public sealed class DialBackoff
{
    private readonly Lock _gate = new();
    private readonly DialBackoffOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandomSource _random;
    private readonly long _start;
    private readonly RecentTable<PeerId, Failures> _peers;
    private readonly RecentTable<Multiaddr, Failures> _addresses;

    /// <summary>Nothing has failed yet.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public DialBackoff(DialBackoffOptions options, TimeProvider time, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _random, _start) = (options, time, random, time.GetTimestamp());
        _peers = new RecentTable<PeerId, Failures>(options.MaxRemembered);
        _addresses = new RecentTable<Multiaddr, Failures>(options.MaxRemembered);
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>How long to wait before a dial; zero to dial now.</summary>
    /// <param name="peer">The peer, if it is known who is expected.</param>
    /// <param name="address">The address; a peer at its end does not matter.</param>
    public TimeSpan WaitBefore(PeerId? peer, Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_gate)
        {
            TimeSpan until = _addresses.TryGet(address.WithoutPeer(), out Failures ofAddress) ? ofAddress.Until : TimeSpan.Zero;
            if (peer is { } id && _peers.TryGet(id, out Failures ofPeer) && ofPeer.Until > until)
            {
                until = ofPeer.Until;
            }

            TimeSpan wait = until - Now;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>How long a dial to an address may take.</summary>
    public TimeSpan TimeoutOf(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        bool isLocal = address.MemoryName is not null || (address.IpAddress is { } ip && IpSubnet.IsLoopbackAddress(ip));
        return isLocal ? _options.LocalDialTimeout : _options.DialTimeout;
    }

    /// <summary>The address did not answer.</summary>
    public void AddressFailed(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_gate)
        {
            Add(_addresses, address.WithoutPeer());
        }
    }

    /// <summary>The peer was reached and did not make a connection, or was not reached at any address.</summary>
    public void PeerFailed(PeerId peer)
    {
        lock (_gate)
        {
            Add(_peers, peer);
        }
    }

    /// <summary>The dial led to an admitted peer: its failures, and those of the address, are forgotten.</summary>
    public void Succeeded(PeerId peer, Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_gate)
        {
            _peers.Remove(peer);
            _addresses.Remove(address.WithoutPeer());
        }
    }

    private void Add<TKey>(RecentTable<TKey, Failures> table, TKey key)
        where TKey : notnull
    {
        // What failed long ago is like new.
        bool isRecent = table.TryGet(key, out Failures before) && Now - before.Until <= _options.Longest;
        int count = isRecent ? Math.Min(before.Count + 1, 30) : 1;
        table.Set(key, new Failures(count, Now + WaitAfter(count)));
    }

    private TimeSpan WaitAfter(int failures)
    {
        long plain = _options.First.Ticks;
        for (int i = 1; i < failures && plain < _options.Longest.Ticks; i++)
        {
            plain = Math.Min(_options.Longest.Ticks, 2 * plain);
        }

        Span<byte> bytes = stackalloc byte[4];
        _random.Fill(bytes);
        long perMille = (BinaryPrimitives.ReadUInt32LittleEndian(bytes) % 2001) - 1000L;
        long jittered = plain + (plain / 100 * _options.JitterPercent / 1000 * perMille);
        return new TimeSpan(Math.Clamp(jittered, _options.First.Ticks, _options.Longest.Ticks));
    }

    private readonly record struct Failures(int Count, TimeSpan Until);
}
