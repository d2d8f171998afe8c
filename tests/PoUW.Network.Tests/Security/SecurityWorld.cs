using PoUW.Core.Randomness;
using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Security;

/// <summary>Keys and handshakes for the tests of security protocols.</summary>
internal static class SecurityWorld
{
    public static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    /// <summary>A clock that stands at a date at which certificates of today are valid.</summary>
    public static ManualTimeProvider ClockOf2026()
    {
        ManualTimeProvider clock = new();
        clock.Advance(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch);
        return clock;
    }

    public static IdentityKey KeyOf(ulong number) => IdentityKey.Generate(new SeededRandomSource(number, "identity"));

    public static TlsSecurity TlsOf(IdentityKey key, TimeProvider? time = null, TlsSecurityOptions? options = null) =>
        new(key, Verifier, time ?? ClockOf2026(), options);

    /// <summary>Runs both sides of a handshake to the end, whatever it is.</summary>
    public static async Task<(HandshakeEnd Dialer, HandshakeEnd Listener)> ShakeAsync(
        ISecurityProtocol dialer, ISecurityProtocol listener, PeerId? expected = null, int maxRead = int.MaxValue)
    {
        (TestDuplex dialed, TestDuplex accepted) = DuplexPair.Create(maxRead: maxRead);
        Task<HandshakeEnd> there = EndOfAsync(dialer, dialed, isDialer: true, expected);
        Task<HandshakeEnd> here = EndOfAsync(listener, accepted, isDialer: false, null);
        return (await there.InTime(), await here.InTime());
    }

    public static async Task<HandshakeEnd> EndOfAsync(
        ISecurityProtocol security, TestDuplex stream, bool isDialer, PeerId? expected = null, CancellationToken cancellation = default)
    {
        try
        {
            return new HandshakeEnd(await security.SecureAsync(stream, isDialer, expected, ["/yamux/1.0.0"], cancellation), null, stream);
        }
        catch (NetworkException failure)
        {
            return new HandshakeEnd(null, failure, stream);
        }
    }

    public static async Task<byte[]> ReadAsync(this IDuplexStream stream, int count)
    {
        byte[] bytes = new byte[count];
        for (int filled = 0; filled < count;)
        {
            int read = await stream.ReadAsync(bytes.AsMemory(filled), CancellationToken.None).InTime();
            Assert.That(read, Is.GreaterThan(0), $"the stream ended after {filled} of {count} bytes");
            filled += read;
        }

        return bytes;
    }
}

/// <summary>How a handshake ended on one side.</summary>
internal sealed record HandshakeEnd(SecureChannel? Channel, NetworkException? Failure, TestDuplex Below);
