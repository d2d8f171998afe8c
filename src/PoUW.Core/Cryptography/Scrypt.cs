using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace PoUW.Core.Cryptography;

/// <summary>
/// scrypt (RFC 7914), the password-based key derivation of Ethereum key files: PBKDF2-HMAC-SHA-256 around a mixing that needs
/// 128 * n * r bytes of memory. Why own code: docs/decisions/009-scrypt.md. Stateless and thread-safe; one call uses one thread.
/// </summary>
public static class Scrypt
{
    private const int WordsOfBlock = 16;

    /// <summary>The most that a call may ask for, so that sizes fit arrays: n * r and r * p.</summary>
    private const long MaxBlocks = 1 << 26;

    /// <summary>The memory in bytes that a derivation takes.</summary>
    /// <param name="n">Cost.</param>
    /// <param name="r">Block size.</param>
    /// <param name="p">Parallelisation.</param>
    public static Int128 MemoryBytes(int n, int r, int p) => (Int128)128 * r * ((Int128)n + p + 2);

    /// <summary>True if the parameters are those of a derivation: n a power of two above 1, r and p at least 1, sizes that fit an array.</summary>
    public static bool AreParameters(int n, int r, int p) =>
        n > 1 && BitOperations.IsPow2(n) && r >= 1 && p >= 1 && (long)n * r <= MaxBlocks / 4 && (long)r * p < MaxBlocks / 4;

    /// <summary>Derives a key. The memory that it used is cleared.</summary>
    /// <param name="password">The password's bytes.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="n">Cost: a power of two.</param>
    /// <param name="r">Block size, in units of 128 bytes.</param>
    /// <param name="p">How often the mixing is done, one after the other here.</param>
    /// <param name="key">Receives the key.</param>
    /// <exception cref="ArgumentOutOfRangeException">The parameters break <see cref="AreParameters"/>.</exception>
    public static void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, Span<byte> key)
    {
        if (!AreParameters(n, r, p))
        {
            throw new ArgumentOutOfRangeException(nameof(n), $"n {n}, r {r}, p {p} are not parameters of scrypt.");
        }

        int words = 32 * r;
        byte[] blocks = new byte[p * words * sizeof(uint)];
        uint[] table = new uint[n * words];
        uint[] state = new uint[2 * words];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, blocks, iterations: 1, HashAlgorithmName.SHA256);
        for (int i = 0; i < p; i++)
        {
            Mix(blocks.AsSpan(i * words * sizeof(uint), words * sizeof(uint)), n, table, state.AsSpan(0, words), state.AsSpan(words));
        }

        Rfc2898DeriveBytes.Pbkdf2(password, blocks, key, iterations: 1, HashAlgorithmName.SHA256);
        CryptographicOperations.ZeroMemory(blocks);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(table.AsSpan()));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state.AsSpan()));
    }

    /// <summary>scryptROMix (section 5).</summary>
    private static void Mix(Span<byte> block, int n, uint[] table, Span<uint> x, Span<uint> y)
    {
        Load(block, x);
        int words = x.Length;
        for (int i = 0; i < n; i++)
        {
            x.CopyTo(table.AsSpan(i * words, words));
            MixBlocks(x, y);
            y.CopyTo(x);
        }

        for (int i = 0; i < n; i++)
        {
            // Integerify: the first word of the last block, which diagonal order leaves in its place. n is a power of two.
            int j = (int)(x[^WordsOfBlock] & (uint)(n - 1));
            Xor(x, table.AsSpan(j * words, words));
            MixBlocks(x, y);
            y.CopyTo(x);
        }

        Store(x, block);
    }

    /// <summary>scryptBlockMix (section 4): every block is mixed into the next; even results go to the first half, odd ones to the second.</summary>
    private static void MixBlocks(ReadOnlySpan<uint> from, Span<uint> to)
    {
        ReadOnlySpan<Vector128<uint>> input = MemoryMarshal.Cast<uint, Vector128<uint>>(from);
        Span<Vector128<uint>> output = MemoryMarshal.Cast<uint, Vector128<uint>>(to);
        int blocks = input.Length / 4;
        (Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d) = (input[^4], input[^3], input[^2], input[^1]);
        for (int i = 0; i < blocks; i++)
        {
            ReadOnlySpan<Vector128<uint>> source = input.Slice(i * 4, 4);
            Span<Vector128<uint>> target = output.Slice(((i / 2) + (i % 2 == 0 ? 0 : blocks / 2)) * 4, 4);
            (a, b, c, d) = (a ^ source[0], b ^ source[1], c ^ source[2], d ^ source[3]);
            Salsa8(ref a, ref b, ref c, ref d);
            (target[0], target[1], target[2], target[3]) = (a, b, c, d);
        }
    }

    /// <summary>Salsa20/8 (section 3) of a block in diagonal order: four vectors hold the diagonals, so that a round works on whole vectors.</summary>
    private static void Salsa8(ref Vector128<uint> a0, ref Vector128<uint> b0, ref Vector128<uint> c0, ref Vector128<uint> d0)
    {
        (Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> d) = (a0, b0, c0, d0);
        for (int i = 0; i < 4; i++)
        {
            b ^= Rotate(a + d, 7);
            c ^= Rotate(b + a, 9);
            d ^= Rotate(c + b, 13);
            a ^= Rotate(d + c, 18);
            (b, c, d) = (Right(b), Half(c), Left(d));
            d ^= Rotate(a + b, 7);
            c ^= Rotate(d + a, 9);
            b ^= Rotate(c + d, 13);
            a ^= Rotate(b + c, 18);
            (b, c, d) = (Left(b), Half(c), Right(d));
        }

        (a0, b0, c0, d0) = (a0 + a, b0 + b, c0 + c, d0 + d);
    }

    private static Vector128<uint> Rotate(Vector128<uint> x, int by) => Vector128.ShiftLeft(x, by) | Vector128.ShiftRightLogical(x, 32 - by);

    private static Vector128<uint> Right(Vector128<uint> x) => Vector128.Shuffle(x, Vector128.Create(3u, 0, 1, 2));

    private static Vector128<uint> Half(Vector128<uint> x) => Vector128.Shuffle(x, Vector128.Create(2u, 3, 0, 1));

    private static Vector128<uint> Left(Vector128<uint> x) => Vector128.Shuffle(x, Vector128.Create(1u, 2, 3, 0));

    private static void Xor(Span<uint> x, ReadOnlySpan<uint> other)
    {
        Span<Vector128<uint>> target = MemoryMarshal.Cast<uint, Vector128<uint>>(x);
        ReadOnlySpan<Vector128<uint>> source = MemoryMarshal.Cast<uint, Vector128<uint>>(other);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] ^= source[i];
        }
    }

    // Word 5 i mod 16 of a block goes to place i, and back.
    private static void Load(ReadOnlySpan<byte> bytes, Span<uint> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            int from = (i / WordsOfBlock * WordsOfBlock) + (i * 5 % WordsOfBlock);
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(from * sizeof(uint))..]);
        }
    }

    private static void Store(ReadOnlySpan<uint> words, Span<byte> bytes)
    {
        for (int i = 0; i < words.Length; i++)
        {
            int to = (i / WordsOfBlock * WordsOfBlock) + (i * 5 % WordsOfBlock);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(to * sizeof(uint))..], words[i]);
        }
    }
}
