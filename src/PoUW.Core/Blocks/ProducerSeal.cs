using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;

namespace PoUW.Core.Blocks;

/// <summary>
/// The producer's signature over SHA-256("PoUW/block" || header id), with the key that it verifies under. It makes a producer answer for
/// two blocks on one parent. Outside the block's id: a wrong seal says nothing about the id. Immutable.
/// </summary>
/// <param name="PublicKey">33 bytes; empty in the genesis block.</param>
/// <param name="Signature">64 bytes; empty in the genesis block.</param>
public sealed record ProducerSeal(ReadOnlyMemory<byte> PublicKey, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = Secp256k1Scheme.PublicKeySize + Secp256k1Scheme.SignatureSize + 5;

    /// <summary>The seal of the genesis block, which nobody signs.</summary>
    public static ProducerSeal Empty { get; } = new(default, default);

    /// <summary>What a seal signs.</summary>
    public static Hash256 HashForSigning(Hash256 headerId)
    {
        ReadOnlySpan<byte> prefix = "PoUW/block"u8;
        Span<byte> preimage = stackalloc byte[prefix.Length + Hash256.Size];
        prefix.CopyTo(preimage);
        headerId.CopyTo(preimage[prefix.Length..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>Signs a complete header. An honest producer never signs two headers with one parent: that costs its stake.</summary>
    /// <exception cref="ArgumentException">The key is not the producer's.</exception>
    public static ProducerSeal Sign(KeyPair producer, BlockHeader header)
    {
        return producer.Address == header.Producer
            ? new ProducerSeal(producer.PublicKey, producer.Sign(HashForSigning(header.Id)))
            : throw new ArgumentException($"The header's producer is {header.Producer}, the key's address {producer.Address}.", nameof(producer));
    }

    /// <summary>Has a complete header sealed by a signer that may be elsewhere.</summary>
    /// <returns>The seal if it was signed; it is not verified here.</returns>
    /// <exception cref="ArgumentException">The signer's account is not the producer.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static async ValueTask<(SignResult Result, ProducerSeal? Seal)> SignAsync(
        ISigner producer, BlockHeader header, CancellationToken cancellation = default)
    {
        SealSigningRequest request = new(header);
        if (!request.IsFor(producer))
        {
            throw new ArgumentException($"The header's producer is {header.Producer}, the signer's address {producer.Address}.", nameof(producer));
        }

        SignResult result = await producer.SignAsync(request, cancellation).ConfigureAwait(false);
        return (result, result.IsSigned ? new ProducerSeal(producer.PublicKey, result.Signature) : null);
    }

    /// <summary>True if the key is that of the header's producer and the signature is its signature of the header.</summary>
    public bool Verify(ISignatureScheme scheme, BlockHeader header)
    {
        return scheme.TryGetAddress(PublicKey.Span, out Address signer)
            && signer == header.Producer
            && scheme.Verify(PublicKey.Span, HashForSigning(header.Id), Signature.Span);
    }

    internal void Write(RlpWriter writer) => writer.BeginList().Write(PublicKey.Span).Write(Signature.Span).EndList();

    /// <summary>Reads a seal: two byte strings of full length, or both empty.</summary>
    internal static ProducerSeal Read(ref RlpReader outer, out bool complete)
    {
        RlpReader items = outer.ReadList();
        byte[] publicKey = items.ReadBytes(Secp256k1Scheme.PublicKeySize).ToArray();
        byte[] signature = items.ReadBytes(Secp256k1Scheme.SignatureSize).ToArray();
        bool whole = publicKey.Length == Secp256k1Scheme.PublicKeySize && signature.Length == Secp256k1Scheme.SignatureSize;
        complete = items.TryFinish() && (whole || (publicKey.Length == 0 && signature.Length == 0));
        return new ProducerSeal(publicKey, signature);
    }
}
