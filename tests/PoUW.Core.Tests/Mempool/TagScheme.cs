using System.Security.Cryptography;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Mempool;

/// <summary>
/// Signatures that anybody can make, of keys that start with 0xAA: a hash of key and message, twice. So tests can have thousands of senders
/// for nothing. All other keys are those of secp256k1. Counts what it is asked.
/// </summary>
internal sealed class TagScheme : ISignatureScheme
{
    private const byte Mark = 0xAA;

    private readonly Secp256k1Scheme _real = new();
    private int _verified;

    /// <summary>How many tags were verified.</summary>
    internal int Verified => _verified;

    public byte Id => _real.Id;

    internal static byte[] KeyOf(int account) => [Mark, .. SHA256.HashData(BitConverter.GetBytes(account))];

    internal static Address AddressOf(int account) => AddressOf(KeyOf(account));

    internal static Transaction Sign(TransactionBody body)
    {
        Hash256 message = new Transaction(body, new byte[64]).SigningHash;
        return new Transaction(body, Tag(body.PublicKey.Span, message));
    }

    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature)
    {
        if (publicKey[0] != Mark)
        {
            return _real.Verify(publicKey, hash, signature);
        }

        Interlocked.Increment(ref _verified);
        return signature.SequenceEqual(Tag(publicKey, hash));
    }

    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
    {
        if (publicKey[0] != Mark)
        {
            return _real.TryGetAddress(publicKey, out address);
        }

        address = AddressOf(publicKey);
        return true;
    }

    private static Address AddressOf(ReadOnlySpan<byte> publicKey) => new(SHA256.HashData(publicKey).AsSpan(12));

    private static byte[] Tag(ReadOnlySpan<byte> publicKey, Hash256 hash)
    {
        byte[] half = SHA256.HashData([.. publicKey, .. hash.ToArray()]);
        return [.. half, .. half];
    }
}
