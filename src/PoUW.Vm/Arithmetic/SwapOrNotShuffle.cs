using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Vm.Arithmetic;

/// <summary>
/// The swap-or-not shuffle (Hoang, Morris, Rogaway, CRYPTO 2012) with SHA-256 as in the Ethereum consensus specification: a keyed
/// permutation of [0, count) of which any single position can be computed alone. Hashes that many positions share are computed once
/// and kept, so one instance serves one key, tweak and count. Not thread-safe.
/// </summary>
public sealed class SwapOrNotShuffle
{
    private const int BitsPerHash = 256;

    // The table of digests is as large as a program's arguments make it; above this they are computed again each time.
    private const long MaxTable = 1 << 17;

    private readonly byte[] _preimage = new byte[32 + 1 + 4];
    private readonly int _count;
    private readonly int _rounds;
    private readonly int _buckets;
    private readonly int[] _pivots;
    private readonly byte[]?[]? _sources;

    /// <summary>Prepares the permutation. The seed is SHA-256(key || tweak as 8 bytes little-endian).</summary>
    /// <param name="key">The secret or public key, any length.</param>
    /// <param name="tweak">Selects one permutation of the key, such as an epoch number.</param>
    /// <param name="count">Elements; at least 1.</param>
    /// <param name="rounds">1 to 255; the Ethereum specification uses 90.</param>
    public SwapOrNotShuffle(ReadOnlySpan<byte> key, long tweak, int count, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rounds, 255);
        _count = count;
        _rounds = rounds;
        _buckets = ((count - 1) / BitsPerHash) + 1;
        Span<byte> seedPreimage = new byte[key.Length + 8];
        key.CopyTo(seedPreimage);
        BinaryPrimitives.WriteInt64LittleEndian(seedPreimage[key.Length..], tweak);
        SHA256.HashData(seedPreimage, _preimage);
        long table = (long)rounds * _buckets;
        _sources = table <= MaxTable ? new byte[]?[table] : null;
        _pivots = new int[rounds];
        for (int round = 0; round < rounds; round++)
        {
            _pivots[round] = Pivot(round);
        }
    }

    /// <summary>The image of a position.</summary>
    /// <param name="position">0 to count - 1.</param>
    public int Permute(int position)
    {
        Permute(position, new Span<int>(ref position));
        return position;
    }

    /// <summary>The images of consecutive positions. The rounds go by for all of them together, which is several times faster.</summary>
    /// <param name="first">The first position.</param>
    /// <param name="images">Receives the images; first and their number together are at most count.</param>
    public void Permute(int first, Span<int> images)
    {
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = first + i;
        }

        for (int round = 0; round < _rounds; round++)
        {
            Step(round, images);
        }
    }

    /// <summary>One round: a position and its mirror image about the pivot change places, or not.</summary>
    private void Step(int round, Span<int> positions)
    {
        (int pivot, int count) = (_pivots[round], _count);
        ReadOnlySpan<byte[]?> sources = _sources is null ? [] : _sources.AsSpan(round * _buckets, _buckets);
        foreach (ref int position in positions)
        {
            int flip = pivot - position;
            flip += count & (flip >> 31); // Modulo count.

            // Which one is larger, and the bit, are coins: a branch on them would be guessed wrong every other time.
            int less = position - flip;
            int place = position - (less & (less >> 31)); // The larger one.
            int bucket = place / BitsPerHash;
            byte[] source = bucket < sources.Length && sources[bucket] is { } known ? known : Source(round, bucket);
            int bit = place % BitsPerHash;
            int swaps = -((source[bit >> 3] >> (bit & 7)) & 1);
            position ^= (position ^ flip) & swaps;
        }
    }

    private int Pivot(int round)
    {
        Span<byte> digest = stackalloc byte[32];
        _preimage[32] = (byte)round;
        SHA256.HashData(_preimage.AsSpan(0, 33), digest);
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(digest) % (ulong)_count);
    }

    private byte[] Source(int round, int bucket)
    {
        _preimage[32] = (byte)round;
        BinaryPrimitives.WriteInt32LittleEndian(_preimage.AsSpan(33), bucket);
        byte[] digest = SHA256.HashData(_preimage);
        if (_sources is not null)
        {
            _sources[(round * _buckets) + bucket] = digest;
        }

        return digest;
    }
}
