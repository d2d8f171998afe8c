using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// The low-rank noise of one operand. Generator: AES-256-ECB over counter blocks (domain u32, index u32, counter u64), little-endian.
/// Domain 1 holds the dense rows (one of r small integers for every row of A, or column of B); domain 2 holds one permutation a strip
/// of r columns of k. Random access, so a verifier expands only what a tile needs. Not thread-safe.
/// </summary>
public sealed class NoiseSource : IDisposable
{
    private const int BlockSize = 16;
    private readonly Aes _aes;
    private readonly byte[] _refill = new byte[2 * BlockSize];
    private byte[] _buffer = [];

    /// <summary>Opens the noise of a seed.</summary>
    /// <param name="seed">seedA or seedB.</param>
    /// <param name="rank">32 or 64.</param>
    public NoiseSource(Hash256 seed, int rank)
    {
        _aes = Aes.Create();
        Reset(seed, rank);
    }

    /// <summary>The rank r.</summary>
    public int Rank { get; private set; }

    /// <summary>Opens the noise of another seed, keeping the buffers.</summary>
    /// <param name="seed">seedA or seedB.</param>
    /// <param name="rank">32 or 64.</param>
    public void Reset(Hash256 seed, int rank)
    {
        Rank = rank;
        _aes.Key = seed.ToArray();
    }

    /// <summary>Reads the dense rows <paramref name="first"/> and following, r entries in [-32, 31] each.</summary>
    public void DenseRows(int first, Span<sbyte> rows)
    {
        ReadOnlySpan<byte> stream = Stream(1, first, rows.Length / Rank, Rank / BlockSize);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = (sbyte)((stream[i] & 63) - 32);
        }
    }

    /// <summary>
    /// Reads the permutations of strip <paramref name="first"/> and following: r bytes each, Fisher-Yates from position r-1 down to 1 with
    /// 16-bit rejection sampling.
    /// </summary>
    public void Permutations(int first, Span<byte> permutations)
    {
        // Twice the words that a permutation needs when nothing is rejected; the rare rest is read block by block.
        int blocks = Rank * 2 * 2 / BlockSize;
        int count = permutations.Length / Rank;
        ReadOnlySpan<byte> stream = Stream(2, first, count, blocks);
        for (int i = 0; i < count; i++)
        {
            Shuffle(first + i, stream.Slice(i * blocks * BlockSize, blocks * BlockSize), permutations.Slice(i * Rank, Rank));
        }
    }

    /// <summary>
    /// Adds noise to one strip of a row: entry q gets u[pi(q)] - u[pi(q-1)], the first only u[pi(0)]. Every r x r strip of the noise
    /// therefore has full rank. With operands in [-64, 63] the sums fit 8 bits.
    /// </summary>
    /// <param name="strip">r entries of the operand; replaced by the noised entries.</param>
    /// <param name="dense">The row's dense noise.</param>
    /// <param name="permutation">The strip's permutation.</param>
    public static void AddStrip(Span<sbyte> strip, ReadOnlySpan<sbyte> dense, ReadOnlySpan<byte> permutation)
    {
        int previous = 0;
        for (int q = 0; q < permutation.Length; q++)
        {
            int current = dense[permutation[q]];
            strip[q] = (sbyte)(strip[q] + current - previous);
            previous = current;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _aes.Dispose();
        Return();
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private ReadOnlySpan<byte> Stream(uint domain, int first, int count, int blocksEach)
    {
        int bytes = count * blocksEach * BlockSize;
        if (_buffer.Length < bytes * 2)
        {
            Return();
            _buffer = ArrayPool<byte>.Shared.Rent(bytes * 2);
        }

        Span<byte> counters = _buffer.AsSpan(0, bytes);
        for (int i = 0; i < count * blocksEach; i++)
        {
            WriteCounter(counters[(i * BlockSize)..], domain, first + (i / blocksEach), (ulong)(i % blocksEach));
        }

        Span<byte> stream = _buffer.AsSpan(bytes, bytes);
        _aes.EncryptEcb(counters, stream, PaddingMode.None);
        return stream;
    }

    // Its own buffer, because the caller may still be reading the main stream.
    private ReadOnlySpan<byte> Refill(uint domain, int index, ulong counter)
    {
        WriteCounter(_refill, domain, index, counter);
        _aes.EncryptEcb(_refill.AsSpan(0, BlockSize), _refill.AsSpan(BlockSize), PaddingMode.None);
        return _refill.AsSpan(BlockSize);
    }

    private static void WriteCounter(Span<byte> block, uint domain, int index, ulong counter)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, domain);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], index);
        BinaryPrimitives.WriteUInt64LittleEndian(block[8..], counter);
    }

    private void Shuffle(int strip, ReadOnlySpan<byte> stream, Span<byte> permutation)
    {
        for (int i = 0; i < permutation.Length; i++)
        {
            permutation[i] = (byte)i;
        }

        int position = 0;
        ulong counter = (ulong)(stream.Length / BlockSize);
        for (int q = permutation.Length - 1; q >= 1; q--)
        {
            int range = q + 1;
            int limit = 65536 - (65536 % range);
            int word;
            do
            {
                if (position == stream.Length)
                {
                    stream = Refill(2, strip, counter++);
                    position = 0;
                }

                word = BinaryPrimitives.ReadUInt16LittleEndian(stream[position..]);
                position += 2;
            }
            while (word >= limit);

            int other = word % range;
            (permutation[q], permutation[other]) = (permutation[other], permutation[q]);
        }
    }
}
