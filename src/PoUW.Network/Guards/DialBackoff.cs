using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// Remembers which dials failed. Who dials by itself asks <see cref="WaitBefore(PeerId?, Multiaddr)"/> before; the host tells <see cref="Remember"/> how it
/// went: an address fails that did not answer, an address for one peer where another peer was or the handshake came to no end (for others it is good: anybody
/// may claim any address), a peer that was reached and refused or broke a rule of the handshake. Whoever tried all
/// addresses of a peer in vain tells <see cref="PeerFailed"/>. A dial that its caller cancelled is no failure, nor is one that a person asked for by hand
/// bound to wait. Bounded memory, any thread, nothing is called back.
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
    private readonly RecentTable<(PeerId Peer, Multiaddr Address), Failures> _claims;

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
        _claims = new RecentTable<(PeerId Peer, Multiaddr Address), Failures>(options.MaxRemembered);
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
            Multiaddr bare = address.WithoutPeer();
            TimeSpan until = UntilOf(_addresses, bare);
            if (peer is { } id)
            {
                long ofPeer = Math.Max(UntilOf(_peers, id).Ticks, UntilOf(_claims, (id, bare)).Ticks);
                until = new TimeSpan(Math.Max(until.Ticks, ofPeer));
            }

            TimeSpan wait = until - Now;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>How long to leave a peer alone, whatever its address; zero to dial now.</summary>
    public TimeSpan WaitBefore(PeerId peer)
    {
        lock (_gate)
        {
            TimeSpan wait = UntilOf(_peers, peer) - Now;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>Takes what a dial's outcome says about the next one.</summary>
    /// <param name="address">What was dialed, with the peer that was expected, if one was.</param>
    /// <param name="result">How it went.</param>
    public void Remember(Multiaddr address, ConnectResult result)
    {
        ArgumentNullException.ThrowIfNull(address);
        switch (result.Reason)
        {
            case CloseReason.None:
                Succeeded(result.Peer!.Value, address);
                break;
            case CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout when address.Peer is { } expected:
                // Who sits at a peer's address, or claims it for the peer, says nothing about the peer, nor about the address of others.
                ClaimFailed(expected, address);
                break;
            case CloseReason.Unreachable or CloseReason.WrongPeer:
                AddressFailed(address);
                break;
            case CloseReason.Duplicate or CloseReason.ShuttingDown or CloseReason.Requested or CloseReason.TooSoon:
                break;
            default:
                if ((address.Peer ?? result.Peer) is { } peer)
                {
                    PeerFailed(peer);
                }

                if (address.Peer is null)
                {
                    // Nobody knows before the next dial whom it would meet.
                    AddressFailed(address);
                }

                break;
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
            _claims.Remove((peer, address.WithoutPeer()));
        }
    }

    private static TimeSpan UntilOf<TKey>(RecentTable<TKey, Failures> table, TKey key)
        where TKey : notnull => table.TryGet(key, out Failures failures) ? failures.Until : TimeSpan.Zero;

    private void ClaimFailed(PeerId peer, Multiaddr address)
    {
        lock (_gate)
        {
            Add(_claims, (peer, address.WithoutPeer()));
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
