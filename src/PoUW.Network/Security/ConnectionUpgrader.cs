using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;

namespace PoUW.Network.Security;

/// <summary>
/// Makes a muxed connection with a known peer out of a raw one (libp2p specification, connections, "Upgrading connections"): agrees on a security
/// protocol, runs its handshake, agrees on a muxer unless the handshake did. Every step is under the caller's token, which is the only deadline;
/// a step that fails or is cancelled closes the raw connection. Stateless and thread-safe.
/// </summary>
public sealed class ConnectionUpgrader
{
    private readonly IReadOnlyList<ISecurityProtocol> _securities;
    private readonly IReadOnlyList<IMuxerFactory> _muxers;
    private readonly MultistreamOptions _options;
    private readonly string[] _securityIds;
    private readonly string[] _muxerIds;

    /// <summary>An upgrader that speaks the given protocols, best first.</summary>
    /// <param name="securities">Security protocols.</param>
    /// <param name="muxers">Muxers.</param>
    /// <param name="options">Limits of the negotiations; null for the defaults.</param>
    /// <exception cref="ArgumentException">One of the lists is empty.</exception>
    public ConnectionUpgrader(
        IReadOnlyList<ISecurityProtocol> securities, IReadOnlyList<IMuxerFactory> muxers, MultistreamOptions? options = null)
    {
        if (securities.Count == 0 || muxers.Count == 0)
        {
            throw new ArgumentException("At least one security protocol and one muxer are needed.");
        }

        (_securities, _muxers, _options) = (securities, muxers, options ?? new MultistreamOptions());
        _securityIds = [.. securities.Select(security => security.ProtocolId)];
        _muxerIds = [.. muxers.Select(muxer => muxer.ProtocolId)];
    }

    /// <summary>Runs both steps.</summary>
    /// <param name="raw">The connection, owned from now on.</param>
    /// <param name="isDialer">True on the side that dialed.</param>
    /// <param name="expected">The peer that the dialer wants, or null to take any.</param>
    /// <param name="cancellation">Ends the upgrade.</param>
    /// <exception cref="NetworkException">As <see cref="SecureAsync"/> and <see cref="MuxAsync"/>.</exception>
    public ValueTask<UpgradedConnection> UpgradeAsync(IDuplexStream raw, bool isDialer, PeerId? expected, CancellationToken cancellation) =>
        UpgradeAsync(raw, isDialer, expected, null, cancellation);

    /// <summary>Runs both steps; the muxer reserves its memory.</summary>
    /// <param name="raw">The connection, owned from now on.</param>
    /// <param name="isDialer">True on the side that dialed.</param>
    /// <param name="expected">The peer that the dialer wants, or null to take any.</param>
    /// <param name="memory">As for <see cref="IMuxerFactory.Create"/>.</param>
    /// <param name="cancellation">Ends the upgrade.</param>
    /// <exception cref="NetworkException">As <see cref="SecureAsync"/> and <see cref="MuxAsync"/>.</exception>
    public async ValueTask<UpgradedConnection> UpgradeAsync(
        IDuplexStream raw, bool isDialer, PeerId? expected, MemoryReservation? memory, CancellationToken cancellation)
    {
        SecureChannel channel = await SecureAsync(raw, isDialer, expected, cancellation);
        return new UpgradedConnection(channel.RemotePeer, channel.RemoteKey, await MuxAsync(channel, isDialer, memory, cancellation));
    }

    /// <summary>The first step: after it the peer is known, so that guards can be asked before streams cost anything.</summary>
    /// <exception cref="NetworkException">
    /// The connection broke; the peer speaks none of the security protocols; it broke the protocol, could not prove its id or is another than
    /// expected.
    /// </exception>
    public async ValueTask<SecureChannel> SecureAsync(IDuplexStream raw, bool isDialer, PeerId? expected, CancellationToken cancellation)
    {
        try
        {
            // The one buffer of the raw connection: what a read brings beyond the negotiation belongs to the handshake.
            BufferedDuplexStream buffered = new(raw);
            string agreed = await NegotiateAsync(buffered, isDialer, _securityIds, cancellation);
            ISecurityProtocol security = _securities[Array.IndexOf(_securityIds, agreed)];
            return await security.SecureAsync(buffered, isDialer, expected, _muxerIds, cancellation);
        }
        catch
        {
            await raw.CloseAsync();
            throw;
        }
    }

    /// <summary>The second step.</summary>
    /// <exception cref="NetworkException">The connection broke, or the peer speaks none of the muxers.</exception>
    public async ValueTask<IMuxer> MuxAsync(SecureChannel channel, bool isDialer, MemoryReservation? memory, CancellationToken cancellation)
    {
        try
        {
            IDuplexStream stream = channel.Stream;
            string? agreed = channel.EarlyMuxer;
            if (agreed is null)
            {
                BufferedDuplexStream buffered = stream as BufferedDuplexStream ?? new BufferedDuplexStream(stream);
                agreed = await NegotiateAsync(buffered, isDialer, _muxerIds, cancellation);
                stream = buffered;
            }

            int index = Array.IndexOf(_muxerIds, agreed);
            return index >= 0
                ? _muxers[index].Create(stream, isDialer, memory)
                : throw new NetworkException(NetworkError.HandshakeFailed, $"The muxer {agreed} was not offered.");
        }
        catch
        {
            await channel.Stream.CloseAsync();
            throw;
        }
    }

    private async ValueTask<string> NegotiateAsync(
        BufferedDuplexStream stream, bool isDialer, string[] protocols, CancellationToken cancellation)
    {
        string? agreed = isDialer
            ? await MultistreamSelect.DialAsync(stream, protocols, _options, cancellation)
            : await MultistreamSelect.ListenAsync(stream, protocols, _options, cancellation);
        return agreed
            ?? throw new NetworkException(NetworkError.ProtocolNotSupported, $"None of {string.Join(", ", protocols)} is spoken on both sides.");
    }
}
