using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    private const int MaxRank = 64;

    // Values of a 16-bit word.
    private const uint Words = 65536;

    // 2^32 / range, rounded up.
    private static readonly ImmutableArray<ulong> Reciprocals =
        [0, .. Enumerable.Range(1, MaxRank).Select(static range => ((1UL << 32) + (ulong)range - 1) / (ulong)range)];

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

    /// <summary>Reads the dense rows <paramref name="first"/> and following, r entries in [-32, 31] each; the length is a multiple of r.</summary>
    public void DenseRows(int first, Span<sbyte> rows)
    {
        ReadOnlySpan<byte> stream = Stream(1, first, rows.Length / Rank, Rank / BlockSize);
        Span<byte> entries = MemoryMarshal.AsBytes(rows);
        Vector256<byte> mask = Vector256.Create((byte)63);
        Vector256<byte> offset = Vector256.Create((byte)32);
        for (int i = 0; i < entries.Length; i += Vector256<byte>.Count)
        {
            ((Vector256.Create(stream[i..]) & mask) - offset).CopyTo(entries[i..]);
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
        Span<Vector128<uint>> blocks = MemoryMarshal.Cast<byte, Vector128<uint>>(counters);
        for (int i = 0, index = first; i < blocks.Length; i += blocksEach, index++)
        {
            // Words are little-endian on every machine that .NET runs on; no stream needs the counter's upper half.
            for (int counter = 0; counter < blocksEach; counter++)
            {
                blocks[i + counter] = Vector128.Create(domain, (uint)index, (uint)counter, 0);
            }
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

    // value % range without a division: exact for values of up to 17 bits and ranges of up to 64, because the reciprocals are off by less
    // than range / 2^32.
    private static uint Remainder(uint value, uint range) => unchecked(value - ((uint)(((ulong)value * Reciprocals[(int)range]) >> 32) * range));

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
            uint range = (uint)q + 1;
            uint limit = Words - Remainder(Words, range);
            uint word;
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

            int other = (int)Remainder(word, range);
            (permutation[q], permutation[other]) = (permutation[other], permutation[q]);
        }
    }
}
