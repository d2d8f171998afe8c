using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// A sender by its public key. A block's transactions name their sender so without any arithmetic; the address would take a point
/// decompression each.
/// </summary>
internal readonly record struct SenderKey(byte Prefix, Hash256 X)
{
    /// <summary>The key that the body claims; one that cannot be a key is that of nobody.</summary>
    internal static SenderKey Of(TransactionBody body)
    {
        ReadOnlySpan<byte> key = body.PublicKey.Span;
        return key.Length == Secp256k1Scheme.PublicKeySize ? new SenderKey(key[0], new Hash256(key[1..])) : default;
    }

    /// <inheritdoc/>
    public override int GetHashCode() => X.GetHashCode() ^ Prefix;
}
