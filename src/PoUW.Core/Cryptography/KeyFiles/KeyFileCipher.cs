using System.Security.Cryptography;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>The cipher and the checksum of a key file: AES-128 in counter mode with the first half of the derived key, Keccak-256 with the second.</summary>
internal static class KeyFileCipher
{
    private const int HalfKey = 16;
    private const int AesBlock = 16;

    /// <summary>Keccak-256(second half of the key || ciphertext).</summary>
    internal static Hash256 Mac(ReadOnlySpan<byte> derivedKey, ReadOnlySpan<byte> cipherText)
    {
        Span<byte> preimage = stackalloc byte[HalfKey + KeyPair.PrivateKeySize];
        derivedKey[HalfKey..].CopyTo(preimage);
        cipherText.CopyTo(preimage[HalfKey..]);
        Hash256 mac = Keccak256.HashData(preimage[..(HalfKey + cipherText.Length)]);
        CryptographicOperations.ZeroMemory(preimage);
        return mac;
    }

    /// <summary>Encrypts or decrypts, which are the same.</summary>
    internal static void Apply(ReadOnlySpan<byte> derivedKey, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> input, Span<byte> output)
    {
        Span<byte> counter = stackalloc byte[AesBlock];
        Span<byte> stream = stackalloc byte[AesBlock];
        iv.CopyTo(counter);
        using Aes aes = Aes.Create();
        aes.SetKey(derivedKey[..HalfKey]);
        for (int at = 0; at < input.Length; at += AesBlock)
        {
            aes.EncryptEcb(counter, stream, PaddingMode.None);
            int length = Math.Min(AesBlock, input.Length - at);
            for (int i = 0; i < length; i++)
            {
                output[at + i] = (byte)(input[at + i] ^ stream[i]);
            }

            Increment(counter);
        }

        CryptographicOperations.ZeroMemory(stream);
    }

    private static void Increment(Span<byte> counter)
    {
        for (int i = counter.Length - 1; i >= 0; i--)
        {
            counter[i] = (byte)((counter[i] + 1) & 0xFF);
            if (counter[i] != 0)
            {
                return;
            }
        }
    }
}
