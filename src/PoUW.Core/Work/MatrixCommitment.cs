using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// Merkle commitment of an int8 matrix. Leaves are its 32x32 blocks in row-major block order, each a hash of 1024 row-major bytes with
/// zero padding at the edges; the list is padded to a power of two with 32 zero bytes. The whole tree is kept so that openings can be
/// made. Immutable and thread-safe. Block leaves let one root serve a matrix and its transpose.
/// </summary>
public sealed class MatrixCommitment
{
    private readonly byte[] _tree;

    private MatrixCommitment(int rows, int columns, byte[] tree)
    {
        Rows = rows;
        Columns = columns;
        _tree = tree;
        Root = RootOf(tree);
        Tag = TagOf(rows, columns, Root);
    }

    /// <summary>True rows of the stored matrix.</summary>
    public int Rows { get; }

    /// <summary>True columns of the stored matrix.</summary>
    public int Columns { get; }

    /// <summary>Merkle root.</summary>
    public Hash256 Root { get; }

    /// <summary>The root bound to the true dimensions; what the ticket seeds bind.</summary>
    public Hash256 Tag { get; }

    /// <summary>
    /// All nodes, 32 bytes each: node 1 is the root, node i has the children 2i and 2i+1, the leaves come last. Node 0 is unused.
    /// </summary>
    public ReadOnlyMemory<byte> Tree => _tree;

    /// <summary>Commits a row-major matrix.</summary>
    /// <exception cref="ArgumentException">The span does not hold exactly rows * columns elements.</exception>
    public static MatrixCommitment Compute(ReadOnlySpan<sbyte> stored, int rows, int columns)
    {
        if (rows < 1 || columns < 1 || stored.Length != (long)rows * columns)
        {
            throw new ArgumentException($"{stored.Length} elements are not a {rows} x {columns} matrix.", nameof(stored));
        }

        byte[] tree = new byte[TreeBytes(rows, columns)];
        HashLeaves(stored, rows, columns, tree);
        for (int node = (tree.Length / Hash256.Size / 2) - 1; node >= 1; node--)
        {
            HashNode(tree.AsSpan(node * 2 * Hash256.Size, 2 * Hash256.Size), tree.AsSpan(node * Hash256.Size, Hash256.Size));
        }

        return new MatrixCommitment(rows, columns, tree);
    }

    /// <summary>Number of leaves after padding to a power of two.</summary>
    public static int PaddedLeaves(int rows, int columns) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)(TileWorkParameters.BlockCount(rows) * TileWorkParameters.BlockCount(columns)));

    /// <summary>Bytes of the tree of a matrix, in the layout of <see cref="Tree"/>.</summary>
    public static int TreeBytes(int rows, int columns) => 2 * PaddedLeaves(rows, columns) * Hash256.Size;

    /// <summary>The root in a tree of the layout of <see cref="Tree"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is shorter than two nodes.</exception>
    public static Hash256 RootOf(ReadOnlySpan<byte> tree) => new(tree.Slice(Hash256.Size, Hash256.Size));

    /// <summary>tag = H("TW1/mat" || rows || columns || root).</summary>
    public static Hash256 TagOf(int rows, int columns, Hash256 root)
    {
        Span<byte> preimage = stackalloc byte[7 + 8 + Hash256.Size];
        "TW1/mat"u8.CopyTo(preimage);
        BinaryPrimitives.WriteInt32LittleEndian(preimage[7..], rows);
        BinaryPrimitives.WriteInt32LittleEndian(preimage[11..], columns);
        root.CopyTo(preimage[15..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>leaf = H(00 || 1024 bytes).</summary>
    public static void HashLeaf(ReadOnlySpan<byte> block, Span<byte> leaf)
    {
        Span<byte> preimage = stackalloc byte[1 + TileWorkParameters.BlockBytes];
        preimage[0] = 0;
        block[..TileWorkParameters.BlockBytes].CopyTo(preimage[1..]);
        SHA256.HashData(preimage, leaf);
    }

    /// <summary>node = H(01 || left || right); the children lie next to each other.</summary>
    public static void HashNode(ReadOnlySpan<byte> children, Span<byte> node)
    {
        Span<byte> preimage = stackalloc byte[1 + (2 * Hash256.Size)];
        preimage[0] = 1;
        children[..(2 * Hash256.Size)].CopyTo(preimage[1..]);
        SHA256.HashData(preimage, node);
    }

    /// <summary>Copies one 32x32 block, row-major, zeros beyond the matrix.</summary>
    public static void CopyBlock(ReadOnlySpan<sbyte> stored, int rows, int columns, int blockRow, int blockColumn, Span<byte> block)
    {
        const int edge = TileWorkParameters.TileSize;
        block = block[..TileWorkParameters.BlockBytes];
        int width = Math.Min(edge, columns - (blockColumn * edge));
        int height = Math.Min(edge, rows - (blockRow * edge));
        if (width < edge || height < edge)
        {
            block.Clear();
        }

        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(stored);
        for (int row = 0; row < height; row++)
        {
            bytes.Slice((((blockRow * edge) + row) * columns) + (blockColumn * edge), width).CopyTo(block[(row * edge)..]);
        }
    }

    /// <summary>Hashes opened blocks to leaves, 32 at a time; one after the other where <paramref name="scalar"/> is set.</summary>
    internal static void HashBlocks(ReadOnlySpan<byte> blocks, Span<byte> leaves, bool scalar)
    {
        const int message = 1 + TileWorkParameters.BlockBytes;
        int slot = Sha256Batch.SlotBytes(message);
        Span<byte> slots = stackalloc byte[Sha256Batch.Lanes * slot];
        PrepareSlots(slots, message, 0);
        int count = blocks.Length / TileWorkParameters.BlockBytes;
        for (int first = 0; first < count; first += Sha256Batch.Lanes)
        {
            int lanes = Math.Min(Sha256Batch.Lanes, count - first);
            for (int lane = 0; lane < lanes; lane++)
            {
                blocks.Slice((first + lane) * TileWorkParameters.BlockBytes, TileWorkParameters.BlockBytes).CopyTo(slots[((lane * slot) + 1)..]);
            }

            HashSlots(slots, message, lanes, leaves[(first * Hash256.Size)..], scalar);
        }
    }

    /// <summary>Writes the first byte and the padding of 32 slots for messages of a length.</summary>
    internal static void PrepareSlots(Span<byte> slots, int message, byte prefix)
    {
        int bytes = Sha256Batch.SlotBytes(message);
        for (int lane = 0; lane < Sha256Batch.Lanes; lane++)
        {
            Span<byte> slot = slots.Slice(lane * bytes, bytes);
            slot[0] = prefix;
            Sha256Batch.WritePadding(slot, message);
        }
    }

    /// <summary>Hashes the messages of slots.</summary>
    internal static void HashSlots(ReadOnlySpan<byte> slots, int message, int count, Span<byte> digests, bool scalar)
    {
        if (!scalar)
        {
            Sha256Batch.Hash(slots, message, count, digests);
            return;
        }

        int bytes = Sha256Batch.SlotBytes(message);
        for (int i = 0; i < count; i++)
        {
            SHA256.HashData(slots.Slice(i * bytes, message), digests.Slice(i * Hash256.Size, Hash256.Size));
        }
    }

    private static void HashLeaves(ReadOnlySpan<sbyte> stored, int rows, int columns, byte[] tree)
    {
        Span<byte> block = stackalloc byte[TileWorkParameters.BlockBytes];
        int position = tree.Length / 2;
        for (int blockRow = 0; blockRow < TileWorkParameters.BlockCount(rows); blockRow++)
        {
            for (int blockColumn = 0; blockColumn < TileWorkParameters.BlockCount(columns); blockColumn++)
            {
                CopyBlock(stored, rows, columns, blockRow, blockColumn, block);
                HashLeaf(block, tree.AsSpan(position, Hash256.Size));
                position += Hash256.Size;
            }
        }
    }
}
