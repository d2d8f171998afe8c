using PoUW.Compute.TorchSharp.Backends;
using PoUW.Core.Work;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>
/// One product of tile work on a device: noised operands, snapshots of all tiles at once, the product without noise. All sums are integers that
/// their number type holds: those of a segment stay below 2^24 in fp32, corrections are done in fp64. The tensors belong to the caller's dispose scope.
/// </summary>
internal sealed class TileTensors
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Words = TileWorkParameters.StateWords;

    private readonly TileWorkShape _shape;
    private readonly torch.Tensor _a;
    private readonly torch.Tensor _noisedA;
    private readonly torch.Tensor _noisedB;
    private readonly torch.Tensor _denseA;
    private readonly torch.Tensor _denseB;
    private readonly torch.Tensor _alongA;
    private readonly torch.Tensor _alongB;

    internal TileTensors(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, TileWorkSeeds seeds, torch.Device device)
    {
        _shape = shape;
        (int rows, int columns) = (shape.TileRows * Edge, shape.TileColumns * Edge);
        NoiseFactors noiseA = new(seeds.SeedA, shape.Rank, shape.PaddedK, rows);
        NoiseFactors noiseB = new(seeds.SeedB, shape.Rank, shape.PaddedK, columns);
        using DisposeScope scope = torch.NewDisposeScope();
        _denseA = Upload(noiseA.Dense, rows, shape.Rank, device).MoveToOuterDisposeScope();
        _denseB = Upload(noiseB.Dense, columns, shape.Rank, device).MoveToOuterDisposeScope();
        _alongA = Upload(noiseA.Along, shape.Rank, shape.PaddedK, device).MoveToOuterDisposeScope();
        _alongB = Upload(noiseB.Along, shape.Rank, shape.PaddedK, device).MoveToOuterDisposeScope();
        _a = Padded(a, shape.M, shape.K, shape.TransposeA, rows, shape.PaddedK, device).MoveToOuterDisposeScope();
        _noisedA = torch.matmul(_denseA, _alongA).add_(_a).MoveToOuterDisposeScope();
        _noisedB = torch.matmul(_denseB, _alongB)
            .add_(Padded(b, shape.N, shape.K, !shape.TransposeB, columns, shape.PaddedK, device)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Bytes of a device that a product takes at its peak, with so many columns of tiles at a time: operands with and without noise, as bytes too; factors of the
    /// noise and their products in fp64; sums, folds and what takes the noise off; the states of all segments.
    /// </summary>
    internal static long BytesOf(in TileWorkShape shape, int tileColumns)
    {
        (long rows, long columns) = ((long)shape.TileRows * Edge, (long)shape.TileColumns * Edge);
        long operands = ((2 * rows) + (2 * columns)) * shape.PaddedK * sizeof(float);
        long bytes = (((long)shape.M + shape.N) * shape.K) + ((2L * shape.Rank * shape.PaddedK) + ((rows + columns) * shape.Rank));
        long factors = ((2L * shape.Rank * shape.PaddedK) + ((rows + columns) * shape.Rank)) * sizeof(float);
        long exact = (rows + ((long)tileColumns * Edge)) * shape.Rank * ((2 * sizeof(double)) + sizeof(float));
        long cells = rows * tileColumns * Edge;
        long states = (long)shape.TileRows * tileColumns * Words * sizeof(int) * (shape.Segments + 2L);
        return operands + bytes + factors + exact + states + (cells * ((3 * sizeof(double)) + (3 * sizeof(int))));
    }

    /// <summary>Multiplies all rows by some columns of tiles.</summary>
    /// <param name="firstTile">First column of tiles.</param>
    /// <param name="tiles">Columns of tiles.</param>
    /// <param name="states">Receives the state words of every segment, in order: Int32 of [tile rows, tiles, 16].</param>
    /// <returns>The product without noise, Int32, padded.</returns>
    internal torch.Tensor Multiply(int firstTile, int tiles, List<torch.Tensor> states)
    {
        torch.Tensor b = _noisedB.narrow(0, firstTile * Edge, tiles * Edge);
        torch.Tensor? noised = null;
        for (int segment = 0; segment < _shape.Segments; segment++)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            (torch.Tensor sums, torch.Tensor state) = Segment(b, segment, tiles);
            states.Add(state.MoveToOuterDisposeScope());
            noised = (noised is null ? sums : noised.add_(sums)).MoveToOuterDisposeScope();
        }

        return Denoise(noised!, b, firstTile, tiles);
    }

    private (torch.Tensor Sums, torch.Tensor State) Segment(torch.Tensor b, int segment, int tiles)
    {
        int start = segment * TileWorkParameters.SegmentLength;
        int length = TileWorkParameters.LengthOfSegment(_shape.PaddedK, segment);
        torch.Tensor sums = torch.zeros([_shape.TileRows * Edge, tiles * Edge], device: b.device);
        torch.Tensor state = torch.zeros([_shape.TileRows, tiles, Words], torch.ScalarType.Int32, b.device);
        for (int k = start; k < start + length; k += _shape.Stride)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            sums.add_(torch.matmul(_noisedA.narrow(1, k, _shape.Stride), b.narrow(1, k, _shape.Stride).t()));
            torch.Tensor rotated = RotateLeft(state).bitwise_xor(Fold(sums.to_type(torch.ScalarType.Int32), tiles));
            state.copy_(rotated);
        }

        return (sums.to_type(torch.ScalarType.Int32), state);
    }

    private static torch.Tensor RotateLeft(torch.Tensor words)
    {
        const int left = TileWorkParameters.StateRotation;
        torch.Tensor high = words.bitwise_left_shift(torch.tensor(left, torch.ScalarType.Int32, words.device));
        torch.Tensor low = words.bitwise_right_shift(torch.tensor(32 - left, torch.ScalarType.Int32, words.device));
        return high.bitwise_or(low.bitwise_and(torch.tensor((1 << left) - 1, torch.ScalarType.Int32, words.device)));
    }

    /// <summary>Word j of a tile: the xor of all rows and of the columns j and j + 16.</summary>
    private torch.Tensor Fold(torch.Tensor sums, int tiles)
    {
        torch.Tensor folded = sums.reshape(_shape.TileRows, Edge, tiles, Edge / Words, Words);
        for (int rows = Edge / 2; rows >= 1; rows /= 2)
        {
            folded = folded.narrow(1, 0, rows).bitwise_xor(folded.narrow(1, rows, rows));
        }

        return folded.narrow(3, 0, 1).bitwise_xor(folded.narrow(3, 1, 1)).reshape(_shape.TileRows, tiles, Words);
    }

    /// <summary>A B = A' B' - (A R_F) V - U (R_E B').</summary>
    private torch.Tensor Denoise(torch.Tensor noised, torch.Tensor b, int firstTile, int tiles)
    {
        const torch.ScalarType exact = torch.ScalarType.Float64;
        torch.Tensor left = torch.matmul(_a, _alongB.t()).to_type(exact);
        torch.Tensor right = torch.matmul(_alongA, b.t()).to_type(exact);
        torch.Tensor ofB = torch.matmul(left, _denseB.narrow(0, firstTile * Edge, tiles * Edge).to_type(exact).t());
        torch.Tensor ofA = torch.matmul(_denseA.to_type(exact), right);
        return noised - (ofB + ofA).to_type(torch.ScalarType.Int32);
    }

    private static torch.Tensor Upload(sbyte[] values, int rows, int columns, torch.Device device) =>
        TorchMemory.Upload(values, rows, columns, device).to_type(torch.ScalarType.Float32);

    /// <summary>An operand with its vectors as rows, extended by zeros.</summary>
    private static torch.Tensor Padded(
        ReadOnlySpan<sbyte> stored, int vectors, int inner, bool transposed, int paddedVectors, int paddedInner, torch.Device device)
    {
        torch.Tensor operand = TorchMemory.Upload(stored, transposed ? inner : vectors, transposed ? vectors : inner, device);
        torch.Tensor padded = torch.zeros([paddedVectors, paddedInner], device: device);
        padded.narrow(0, 0, vectors).narrow(1, 0, inner).copy_(transposed ? operand.t() : operand);
        return padded;
    }
}
