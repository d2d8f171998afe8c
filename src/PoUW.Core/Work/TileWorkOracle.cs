using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// The whole of TW1 in one readable file, straight from docs/tile-work.md and with nothing but the platform's SHA-256 and AES. It shares no
/// code with the fast types, so that each of them is tested against it. Scalar and slow. Immutable and thread-safe.
/// </summary>
public sealed class TileWorkOracle
{
    private const int T = 32, SegmentLength = 1024;
    private readonly Operand _a, _b;
    private readonly int _paddedK, _rank;

    /// <summary>Commits the stored operands, row-major, and derives the seeds of the unbound tickets of a header; errors as below.</summary>
    public TileWorkOracle(
        in TileWorkShape shape, ReadOnlySpan<sbyte> storedA, ReadOnlySpan<sbyte> storedB, ulong chainId, ReadOnlySpan<byte> incompleteHeader)
        : this(shape, storedA, storedB, new WorkTemplate(H("TW1/sigma", (byte)0, chainId, incompleteHeader.ToArray()), Hash256.Zero, 1)) { }

    /// <summary>Commits the stored operands, row-major, and derives the seeds of a template's tickets; its target is not used.</summary>
    /// <exception cref="ArgumentException">The shape breaks a rule or does not fit the operands.</exception>
    public TileWorkOracle(in TileWorkShape shape, ReadOnlySpan<sbyte> storedA, ReadOnlySpan<sbyte> storedB, WorkTemplate template)
    {
        if (!shape.Validate().IsValid || storedA.Length != (long)shape.M * shape.K || storedB.Length != (long)shape.K * shape.N)
        {
            throw new ArgumentException($"{storedA.Length} and {storedB.Length} elements are no product {shape}.", nameof(shape));
        }

        (Shape, Template) = (shape, template);
        _a = new Operand(storedA.ToArray(), shape.M, shape.K, !shape.TransposeA);
        _b = new Operand(storedB.ToArray(), shape.N, shape.K, shape.TransposeB);
        _paddedK = (shape.K + 511) / 512 * 512;
        _rank = _paddedK < 4096 ? 32 : 64;
        Hash256 seedB = H("TW1/b", template.Sigma, B.Tag, shape.K, shape.N, _rank, Convert.ToByte(shape.TransposeB));
        Hash256 seedA = H("TW1/a", seedB, A.Tag, shape.M, shape.K, shape.N, _rank, Convert.ToByte(shape.TransposeA), template.Binding);
        Seeds = new TileWorkSeeds(seedA, seedB, H("TW1/ticket", seedA));
    }

    /// <summary>Dimensions.</summary>
    public TileWorkShape Shape { get; }

    /// <summary>Commitment of the stored A: Merkle root, and the tag that binds it to the dimensions.</summary>
    public (Hash256 Root, Hash256 Tag) A => (_a.Root, H("TW1/mat", _a.Rows, _a.Columns, _a.Root));

    /// <summary>Commitment of the stored B.</summary>
    public (Hash256 Root, Hash256 Tag) B => (_b.Root, H("TW1/mat", _b.Rows, _b.Columns, _b.Root));

    /// <summary>What the tickets bind.</summary>
    public WorkTemplate Template { get; }

    /// <summary>Seeds of noise and tickets.</summary>
    public TileWorkSeeds Seeds { get; }

    /// <summary>SHA-256 of parts: texts as ASCII, integers little-endian in the width of their type, hashes and byte arrays as they are.</summary>
    public static Hash256 H(params object[] parts) => new(SHA256.HashData(Bytes(parts)));

    /// <summary>One dense row of noise: r numbers in [-32, 31].</summary>
    public static int[] DenseRow(Hash256 seed, int rank, int index) => [.. Stream(seed, 1, index).Take(rank).Select(x => (x & 63) - 32)];

    /// <summary>The permutation of one strip of r entries along k.</summary>
    public static int[] Permutation(Hash256 seed, int rank, int strip)
    {
        int[] permutation = [.. Enumerable.Range(0, rank)];
        using IEnumerator<int> words = Stream(seed, 2, strip).Chunk(2).Select(pair => pair[0] + (256 * pair[1])).GetEnumerator();
        for (int q = rank - 1; q >= 1; q--)
        {
            while (words.MoveNext() && words.Current >= 65536 / (q + 1) * (q + 1)) { }

            int other = words.Current % (q + 1);
            (permutation[q], permutation[other]) = (permutation[other], permutation[q]);
        }

        return permutation;
    }

    /// <summary>The 16 words of the state of tile (I, J) over segment g.</summary>
    public uint[] State(int tileRow, int tileColumn, int segment)
    {
        int start = segment * SegmentLength, length = Math.Min(SegmentLength, _paddedK - start);
        sbyte[][] a = Noised(_a, Seeds.SeedA, tileRow * T, T, start, length), b = Noised(_b, Seeds.SeedB, tileColumn * T, T, start, length);
        uint[] state = new uint[16];
        int[,] sums = new int[T, T];
        for (int snapshot = 0; snapshot < length; snapshot += _rank)
        {
            state = [.. state.Select(word => BitOperations.RotateLeft(word, 7))];
            for (int cell = 0; cell < T * T; cell++)
            {
                (int u, int v) = (cell / T, cell % T);
                for (int l = snapshot; l < snapshot + _rank; l++)
                {
                    sums[u, v] += a[u][l] * b[v][l];
                }

                state[v % 16] ^= unchecked((uint)sums[u, v]);
            }
        }

        return state;
    }

    /// <summary>The ticket of a tile.</summary>
    public Hash256 Ticket(int tileRow, int tileColumn, int segment) =>
        H([Seeds.TicketKey, .. State(tileRow, tileColumn, segment), tileRow, tileColumn, segment]);

    /// <summary>The certificate of a tile, winning or not.</summary>
    public WorkCertificate Certify(int tileRow, int tileColumn, int segment)
    {
        byte flags = (byte)(Convert.ToByte(Shape.TransposeA) + (2 * Convert.ToByte(Shape.TransposeB)) + (4 * Convert.ToByte(!Template.Binding.IsZero)));
        byte[] data = Bytes([
            (ushort)1, flags, Shape.M, Shape.N, Shape.K, A.Root, B.Root, tileRow, tileColumn, segment,
            .. State(tileRow, tileColumn, segment), Template.Binding]);
        int[] inner = [.. Enumerable.Range(segment * SegmentLength / T, SegmentLength / T).Where(l => l < Blocks(Shape.K))];
        int[] leavesA = [.. inner.Select(l => _a.Leaf(tileRow, l))], leavesB = [.. inner.Select(l => _b.Leaf(tileColumn, l))];
        return new WorkCertificate(
            data, Bytes([.. leavesA.Select(_a.Block), .. leavesB.Select(_b.Block), .. _a.Siblings(leavesA), .. _b.Siblings(leavesB)]));
    }

    /// <summary>The certificate of the first winning tile in row-major order, segments innermost; null if no tile wins.</summary>
    public WorkCertificate? Search(BigInteger target)
    {
        int segments = (_paddedK + SegmentLength - 1) / SegmentLength, across = Blocks(Shape.N);
        BigInteger Limit(int segment) => target * T * T * Math.Min(SegmentLength, _paddedK - (segment * SegmentLength));
        return Enumerable.Range(0, Blocks(Shape.M) * across * segments)
            .Select(unit => (I: unit / segments / across, J: unit / segments % across, G: unit % segments))
            .Where(t => Limit(t.G) < BigInteger.One << 256 && new BigInteger(Ticket(t.I, t.J, t.G).ToArray(), true, true) <= Limit(t.G))
            .Select(t => Certify(t.I, t.J, t.G)).FirstOrDefault();
    }

    /// <summary>A * B, M x N row-major: A'B' - (A R_F) V - U (R_E B'), where the noise of A is U R_E and the noise of B is R_F V.</summary>
    public int[] Product()
    {
        sbyte[][] a = Noised(_a, Seeds.SeedA, 0, Shape.M, 0, _paddedK), b = Noised(_b, Seeds.SeedB, 0, Shape.N, 0, _paddedK);
        int[][] stripsA = Permutations(Seeds.SeedA, 0, _paddedK), stripsB = Permutations(Seeds.SeedB, 0, _paddedK);
        int[][] u = [.. a.Select((_, i) => DenseRow(Seeds.SeedA, _rank, i))], v = [.. b.Select((_, j) => DenseRow(Seeds.SeedB, _rank, j))];
        int[][] left = [.. a.Select((_, i) => Factor(l => _a.Entry(i, l), stripsB))], right = [.. b.Select(x => Factor(l => x[l], stripsA))];
        return [.. Enumerable.Range(0, Shape.M * Shape.N).Select(cell => (I: cell / Shape.N, J: cell % Shape.N)).Select(c =>
            a[c.I].Zip(b[c.J], (x, y) => x * y).Sum()
            - left[c.I].Zip(v[c.J], (x, y) => x * y).Sum() - u[c.I].Zip(right[c.J], (x, y) => x * y).Sum())];
    }

    // The product of a row with the sparse factor of a noise: in every strip, place pi(q) gets entry q less entry q + 1.
    private int[] Factor(Func<int, int> entry, int[][] permutations)
    {
        int[] sums = new int[_rank];
        for (int l = 0; l < _paddedK; l++)
        {
            sums[permutations[l / _rank][l % _rank]] += entry(l) - ((l + 1) % _rank == 0 ? 0 : entry(l + 1));
        }

        return sums;
    }

    // Rows of A' or columns of B': entry q of a strip gets u[pi(q)] - u[pi(q-1)], the first only u[pi(0)].
    private sbyte[][] Noised(Operand operand, Hash256 seed, int first, int count, int start, int length)
    {
        int[][] strips = Permutations(seed, start, length);
        return [.. Enumerable.Range(first, count).Select(index =>
        {
            int[] dense = DenseRow(seed, _rank, index);
            int At(int l) => dense[strips[(l - start) / _rank][l % _rank]];
            return Enumerable.Range(start, length).Select(l =>
                (sbyte)(operand.Entry(index, l) + At(l) - (l % _rank == 0 ? 0 : At(l - 1)))).ToArray();
        })];
    }

    private int[][] Permutations(Hash256 seed, int start, int length) =>
        [.. Enumerable.Range(start / _rank, length / _rank).Select(t => Permutation(seed, _rank, t))];

    private static IEnumerable<byte> Stream(Hash256 seed, uint domain, int index)
    {
        using Aes aes = Aes.Create();
        aes.Key = seed.ToArray();
        for (ulong counter = 0; ; counter++)
        {
            foreach (byte x in aes.EncryptEcb(Bytes(domain, index, counter), PaddingMode.None))
            {
                yield return x;
            }
        }
    }

    private static int Blocks(int dimension) => (dimension + T - 1) / T;

    private static byte[] Bytes(params object[] parts) => [.. parts.SelectMany(part => part switch
    {
        string text => Encoding.ASCII.GetBytes(text),
        Hash256 hash => hash.ToArray(),
        byte[] raw => raw,
        byte x => [x],
        ushort x => Little(x, 2),
        int x => Little((ulong)x, 4),
        uint x => Little(x, 4),
        ulong x => Little(x, 8),
        _ => throw new ArgumentException($"{part.GetType()} has no encoding.", nameof(parts)),
    })];

    private static byte[] Little(ulong x, int bytes) => [.. Enumerable.Range(0, bytes).Select(i => (byte)((x >> (8 * i)) & 255))];

    // A stored matrix of vectors along k: the rows of A or the columns of B. Along: its stored rows are those vectors.
    private sealed class Operand(sbyte[] stored, int outer, int k, bool along)
    {
        public readonly int Rows = along ? outer : k, Columns = along ? k : outer;

        public Hash256 Root => new(Levels[^1][0]);

        private byte[][][] Levels => field ??= Tree();

        public int Entry(int index, int l) => index >= outer || l >= k ? 0 : stored[along ? (index * k) + l : (l * outer) + index];

        public int Leaf(int block, int inner) => along ? (block * Blocks(k)) + inner : (inner * Blocks(outer)) + block;

        public byte[] Block(int leaf)
        {
            (int row, int column) = (leaf / Blocks(Columns) * T, leaf % Blocks(Columns) * T);
            return [.. Enumerable.Range(0, T * T).Select(i => (Row: row + (i / T), Column: column + (i % T)))
                .Select(x => x.Row < Rows && x.Column < Columns ? unchecked((byte)stored[(x.Row * Columns) + x.Column]) : (byte)0)];
        }

        // Level by level from the leaves, ascending: the nodes beside known ones that are not known themselves.
        public IEnumerable<byte[]> Siblings(int[] known)
        {
            foreach (byte[][] level in Levels.SkipLast(1))
            {
                int[] nodes = known;
                known = [.. nodes.Select(i => i / 2).Distinct()];
                foreach (int node in nodes.Where(i => !nodes.Contains(i ^ 1)))
                {
                    yield return level[node ^ 1];
                }
            }
        }

        private byte[][][] Tree()
        {
            byte[][] leaves = [.. Enumerable.Range(0, Blocks(Rows) * Blocks(Columns)).Select(i => H((byte)0, Block(i)).ToArray())];
            int padded = (int)BitOperations.RoundUpToPowerOf2((uint)leaves.Length);
            List<byte[][]> levels = [[.. leaves, .. Enumerable.Repeat(new byte[32], padded - leaves.Length)]];
            while (levels[^1].Length > 1)
            {
                levels.Add([.. levels[^1].Chunk(2).Select(pair => H((byte)1, pair[0], pair[1]).ToArray())]);
            }

            return [.. levels];
        }
    }
}
