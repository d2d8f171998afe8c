using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Security;
using PoUW.Network.Streams;

namespace PoUW.Network.Hosting;

/// <summary>Turns raw bytes into streams with a known peer: agrees on security, runs it, agrees on a muxer unless security did.</summary>
internal static class ConnectionUpgrader
{
    /// <exception cref="NetworkException">The connection broke, or the peer did not agree or could not prove its id.</exception>
    public static async ValueTask<UpgradedConnection> UpgradeAsync(
        IDuplexStream raw, IReadOnlyList<ISecurityProtocol> security, IReadOnlyList<IMuxerFactory> muxers, bool isDialer, PeerId? expected,
        MultistreamOptions options, CancellationToken cancellation)
    {
        BufferedDuplexStream bytes = new(raw);
        string[] muxerIds = [.. muxers.Select(static muxer => muxer.ProtocolId)];
        string chosen = await AgreeAsync(bytes, [.. security.Select(static protocol => protocol.ProtocolId)], isDialer, options, cancellation);
        SecureChannel channel = await security.First(protocol => protocol.ProtocolId == chosen)
            .SecureAsync(bytes, isDialer, expected, muxerIds, cancellation);
        IDuplexStream secured = channel.Stream;
        string? muxer = channel.EarlyMuxer;
        if (muxer is null)
        {
            BufferedDuplexStream buffered = new(secured);
            muxer = await AgreeAsync(buffered, muxerIds, isDialer, options, cancellation);
            secured = buffered;
        }

        IMuxerFactory factory = muxers.FirstOrDefault(candidate => candidate.ProtocolId == muxer)
            ?? throw new NetworkException(NetworkError.HandshakeFailed, $"Security agreed on the muxer {muxer}, which is not spoken here.");
        return new UpgradedConnection(channel, factory.Create(secured, isDialer));
    }

    private static async ValueTask<string> AgreeAsync(
        BufferedDuplexStream stream, string[] protocols, bool isDialer, MultistreamOptions options, CancellationToken cancellation)
    {
        string? agreed = isDialer
            ? await MultistreamSelect.DialAsync(stream, protocols, options, cancellation)
            : await MultistreamSelect.ListenAsync(stream, protocols, options, cancellation);
        return agreed ?? throw new NetworkException(NetworkError.ProtocolNotSupported, $"No agreement on one of: {string.Join(", ", protocols)}.");
    }
}
