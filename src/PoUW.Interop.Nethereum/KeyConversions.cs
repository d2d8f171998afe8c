using System.Security.Cryptography;
using Nethereum.Signer;
using PoUW.Core.Cryptography;

namespace PoUW.Interop.Nethereum;

/// <summary>
/// Keys: both sides use secp256k1, so one private key is one account in both. A copy of the private key lives on the other side afterwards, in memory
/// that Nethereum does not clear. Stateless, any thread.
/// </summary>
public static class KeyConversions
{
    /// <summary>The same key for Nethereum.</summary>
    /// <exception cref="ObjectDisposedException">The pair was disposed.</exception>
    public static EthECKey ToNethereum(this KeyPair pair)
    {
        byte[] secret = pair.ExportPrivateKey();
        try
        {
            return new EthECKey(secret, isPrivate: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The same key for PoUW.</summary>
    /// <param name="key">A key with its private part.</param>
    /// <param name="native">Signs; null to sign with the platform.</param>
    /// <exception cref="ArgumentException">The number is not between 1 and the curve's order minus 1.</exception>
    public static KeyPair ToKeyPair(this EthECKey key, NativeSecp256k1Scheme? native = null)
    {
        // Nethereum drops leading zeros.
        byte[] number = key.GetPrivateKeyAsBytes();
        if (number.Length > KeyPair.PrivateKeySize)
        {
            throw new ArgumentException($"A private key has {KeyPair.PrivateKeySize} bytes, not {number.Length}.", nameof(key));
        }

        byte[] secret = new byte[KeyPair.PrivateKeySize];
        try
        {
            number.CopyTo(secret.AsSpan(secret.Length - number.Length));
            return KeyPair.FromPrivateKey(secret, native);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
