using Nethereum.Signer;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Interop.Nethereum;

/// <summary>
/// Signatures: ours are r and s, 32 bytes each, with the lower s, beside a 33-byte public key; Nethereum's carry a number by which the key is recovered.
/// Stateless, any thread.
/// </summary>
public static class SignatureConversions
{
    private const int HalfSize = Secp256k1Scheme.SignatureSize / 2;

    /// <summary>Signs a hash with a key of Nethereum, in our form.</summary>
    public static byte[] Sign(this EthECKey key, Hash256 hash)
    {
        EthECDSASignature signature = key.Sign(hash.ToArray());
        byte[] bytes = new byte[Secp256k1Scheme.SignatureSize];
        signature.R.CopyTo(bytes.AsSpan(HalfSize - signature.R.Length));
        signature.S.CopyTo(bytes.AsSpan(bytes.Length - signature.S.Length));
        return bytes;
    }

    /// <summary>Our signature with the number (27 or 28) that Ethereum's tools recover the key by.</summary>
    /// <param name="signature">r and s, 64 bytes.</param>
    /// <param name="hash">What was signed.</param>
    /// <param name="publicKey">The signer's, 33 bytes.</param>
    /// <param name="converted">The signature; null if there is none.</param>
    /// <returns>False if the signature is not one of the key, or has the higher s.</returns>
    public static bool TryToNethereum(
        ReadOnlySpan<byte> signature, Hash256 hash, ReadOnlySpan<byte> publicKey, out EthECDSASignature? converted)
    {
        converted = null;

        // First, since Nethereum's recovery breaks on what is no signature.
        if (!((ISignatureScheme)new Secp256k1Scheme()).Verify(publicKey, hash, signature, out Address signer))
        {
            return false;
        }

        for (byte v = 27; v <= 28 && converted is null; v++)
        {
            EthECDSASignature candidate =
                EthECDSASignatureFactory.FromComponents(signature[..HalfSize].ToArray(), signature[HalfSize..].ToArray(), v);
            byte[] recovered = EthECKey.RecoverFromSignature(candidate, hash.ToArray()).GetPublicAddressAsBytes();
            converted = new Address(recovered) == signer ? candidate : null;
        }

        return converted is not null;
    }
}
