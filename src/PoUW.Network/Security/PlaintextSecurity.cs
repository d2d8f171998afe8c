using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Streams;

namespace PoUW.Network.Security;

/// <summary>
/// <c>/plaintext/2.0.0</c> (libp2p specification, plaintext): both sides tell an id and a key, and then go on in the clear. It proves nothing:
/// anybody can claim any id, read and change every byte. It exists for the simulator, whose runs must be the same to the byte, which TLS is not.
/// A node that is reachable by others must not offer it beside TLS either: an attacker would pick it. Stateless and thread-safe.
/// </summary>
public sealed class PlaintextSecurity : ISecurityProtocol
{
    private readonly byte[] _own;

    /// <summary>Tells a key to peers. Its private part is not used: there is nothing to sign.</summary>
    public PlaintextSecurity(PublicKey key)
    {
        _own = DelimitedMessages.Encode(PlaintextExchange.Encode(key));
    }

    /// <inheritdoc/>
    public string ProtocolId => "/plaintext/2.0.0";

    /// <inheritdoc/>
    public async ValueTask<SecureChannel> SecureAsync(
        IDuplexStream stream, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellation)
    {
        try
        {
            BufferedDuplexStream buffered = stream as BufferedDuplexStream ?? new BufferedDuplexStream(stream);
            await buffered.WriteAsync(_own, cancellation);
            PublicKey key = await ReadAsync(buffered, cancellation);
            PeerId peer = PeerId.Of(key);
            if (expected is { } wanted && wanted != peer)
            {
                throw new NetworkException(NetworkError.HandshakeFailed, $"The peer is {peer}, not {wanted}.");
            }

            return new SecureChannel(buffered, peer, key, null);
        }
        catch
        {
            await stream.CloseAsync();
            throw;
        }
    }

    private static async ValueTask<PublicKey> ReadAsync(IDuplexStream stream, CancellationToken cancellation)
    {
        byte[]? message;
        try
        {
            message = await DelimitedMessages.ReadAsync(stream, PlaintextExchange.MaxBytes, cancellation);
        }
        catch (NetworkException failure) when (failure.Error == NetworkError.ProtocolViolation)
        {
            throw new NetworkException(NetworkError.HandshakeFailed, $"Plaintext: {failure.Message}", failure);
        }

        if (message is null)
        {
            throw new NetworkException(NetworkError.HandshakeFailed, "Plaintext: the peer ended the stream.");
        }

        ValidationResult read = PlaintextExchange.TryDecode(message, out PublicKey? key);
        return read.IsValid ? key! : throw new NetworkException(NetworkError.HandshakeFailed, $"Plaintext: {read}");
    }
}
