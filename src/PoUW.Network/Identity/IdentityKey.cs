using PoUW.Core.Cryptography;
using PoUW.Core.Cryptography.KeyFiles;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Network.Identity;

/// <summary>
/// This node's own key, which proves its peer id: ECDSA over secp256k1. It is no account: what it signs are handshakes, gossip and records about
/// the peer, so it may live on the machine that talks to strangers while the staking key does not. <see cref="StakeBinding"/> ties the two.
/// Whoever has the key can pretend to be the peer, no more. Thread-safe until disposed.
/// </summary>
public sealed class IdentityKey : IDisposable
{
    private readonly KeyPair _pair;

    private IdentityKey(KeyPair pair)
    {
        _pair = pair;
        PublicKey = new PublicKey(KeyType.Secp256k1, pair.PublicKey.Span);
        Id = PeerId.Of(PublicKey);
    }

    /// <summary>The public key.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>The peer id.</summary>
    public PeerId Id { get; }

    /// <summary>Draws a key. A seeded source always gives the same key.</summary>
    /// <param name="random">The source; must be unpredictable outside of tests.</param>
    /// <param name="native">
    /// Signs, one message always with the same signature; null to sign with the platform, whose signatures differ.
    /// </param>
    public static IdentityKey Generate(IRandomSource random, NativeSecp256k1Scheme? native = null) => new(KeyPair.Generate(random, native));

    /// <summary>Takes a private key of 32 big-endian bytes; copied.</summary>
    /// <param name="privateKey">The key.</param>
    /// <param name="native">Signs; null to sign with the platform.</param>
    /// <exception cref="ArgumentException">The number is not between 1 and the curve's order minus 1.</exception>
    public static IdentityKey FromPrivateKey(ReadOnlySpan<byte> privateKey, NativeSecp256k1Scheme? native = null) =>
        new(KeyPair.FromPrivateKey(privateKey, native));

    /// <summary>Opens the content of a key file (<see cref="KeyFile"/>).</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="password">The password's bytes.</param>
    /// <param name="limits">What the file may cost.</param>
    /// <param name="key">The key, or null.</param>
    /// <param name="native">Signs; null to sign with the platform.</param>
    public static KeyFileResult TryDecrypt(
        ReadOnlyMemory<byte> json, ReadOnlySpan<byte> password, KeyFileLimits limits, out IdentityKey? key, NativeSecp256k1Scheme? native = null)
    {
        KeyFileResult result = KeyFile.TryDecrypt(json, password, limits, out KeyPair? pair, native);
        key = pair is null ? null : new IdentityKey(pair);
        return result;
    }

    /// <summary>Opens a key file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static KeyFileResult TryLoad(
        string path, ReadOnlySpan<byte> password, KeyFileLimits limits, out IdentityKey? key, NativeSecp256k1Scheme? native = null)
    {
        KeyFileResult result = KeyFile.TryLoad(path, password, limits, out KeyPair? pair, native);
        key = pair is null ? null : new IdentityKey(pair);
        return result;
    }

    /// <summary>Encrypts the key into the content of a key file, for <see cref="KeyFile.Save"/>.</summary>
    /// <param name="password">The password's bytes.</param>
    /// <param name="kdf">What guessing shall cost.</param>
    /// <param name="random">For salt, initial counter and UUID; must be unpredictable outside of tests.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> password, KeyFileKdf kdf, IRandomSource random) => KeyFile.Encrypt(_pair, password, kdf, random);

    /// <summary>The private key, for a key store of the caller's. The caller must clear the array.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public byte[] ExportPrivateKey() => _pair.ExportPrivateKey();

    /// <summary>Signs the SHA-256 of a message: r and s, with the lower s, in DER, 72 bytes at most.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] compact = _pair.Sign(Hash256.Sha256(message));
        return EcdsaDer.Encode(compact);
    }

    /// <summary>Forgets the private key; public key and id stay.</summary>
    public void Dispose() => _pair.Dispose();
}
