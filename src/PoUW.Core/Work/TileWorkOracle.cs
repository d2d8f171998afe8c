using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>
/// The readable scalar miner: commits two operands, derives the seeds and computes any tile, ticket or certificate on demand. It is the
/// reference that fast miners are compared with; it never multiplies whole matrices. Not thread-safe.
/// </summary>
public sealed class TileWorkOracle
{
    private readonly sbyte[] _storedA;
    private readonly sbyte[] _storedB;

    /// <summary>Commits the operands and derives the seeds of an unbound ticket.</summary>
    /// <param name="shape">True dimensions.</param>
    /// <param name="storedA">Stored A, row-major; copied.</param>
    /// <param name="storedB">Stored B, row-major; copied.</param>
    /// <param name="chainId">The chain.</param>
    /// <param name="incompleteHeader">The encoded header without its certificate commitment.</param>
    /// <exception cref="ArgumentException">The shape breaks a rule or does not fit the operands.</exception>
    public TileWorkOracle(
        in TileWorkShape shape, ReadOnlySpan<sbyte> storedA, ReadOnlySpan<sbyte> storedB, ulong chainId, ReadOnlySpan<byte> incompleteHeader)
        : this(shape, storedA, storedB, WorkTemplate.Unbound(chainId, incompleteHeader, BigInteger.One))
    {
    }

    /// <summary>Commits the operands and derives the seeds of a template's tickets.</summary>
    /// <param name="shape">True dimensions.</param>
    /// <param name="storedA">Stored A, row-major; copied.</param>
    /// <param name="storedB">Stored B, row-major; copied.</param>
    /// <param name="template">What the tickets bind; its target is not used here.</param>
    /// <exception cref="ArgumentException">The shape breaks a rule or does not fit the operands.</exception>
    public TileWorkOracle(in TileWorkShape shape, ReadOnlySpan<sbyte> storedA, ReadOnlySpan<sbyte> storedB, WorkTemplate template)
    {
        ValidationResult valid = shape.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(shape));
        }

        Shape = shape;
        _storedA = storedA.ToArray();
        _storedB = storedB.ToArray();
        A = MatrixCommitment.Compute(storedA, shape.StoredRowsA, shape.StoredColumnsA);
        B = MatrixCommitment.Compute(storedB, shape.StoredRowsB, shape.StoredColumnsB);
        Template = template;
        Seeds = TileWorkSeeds.Derive(template.Sigma, shape, A.Tag, B.Tag, template.Binding);
    }

    /// <summary>Dimensions.</summary>
    public TileWorkShape Shape { get; }

    /// <summary>Commitment of the stored A.</summary>
    public MatrixCommitment A { get; }

    /// <summary>Commitment of the stored B.</summary>
    public MatrixCommitment B { get; }

    /// <summary>What the tickets bind.</summary>
    public WorkTemplate Template { get; }

    /// <summary>Seeds of noise and tickets.</summary>
    public TileWorkSeeds Seeds { get; }

    /// <summary>Computes the state of a tile.</summary>
    public uint[] State(int tileRow, int tileColumn, int segment)
    {
        int length = TileWorkParameters.LengthOfSegment(Shape.PaddedK, segment);
        int bytes = Shape.OpenedBlocks(segment) * TileWorkParameters.BlockBytes;
        byte[] witness = Witness(tileRow, tileColumn, segment);
        sbyte[] a = new sbyte[TileWorkParameters.TileSize * length];
        sbyte[] b = new sbyte[a.Length];
        TileOperands.Unpack(witness.AsSpan(0, bytes), Shape.TransposeA, length, a);
        TileOperands.Unpack(witness.AsSpan(bytes, bytes), !Shape.TransposeB, length, b);
        using var noiseA = new NoiseSource(Seeds.SeedA, Shape.Rank);
        using var noiseB = new NoiseSource(Seeds.SeedB, Shape.Rank);
        TileOperands.AddNoise(noiseA, tileRow * TileWorkParameters.TileSize, segment, length, a);
        TileOperands.AddNoise(noiseB, tileColumn * TileWorkParameters.TileSize, segment, length, b);
        uint[] state = new uint[TileWorkParameters.StateWords];
        TileFold.Compute(a, b, length, Shape.Stride, state);
        return state;
    }

    /// <summary>Draws the ticket of a tile.</summary>
    public Hash256 Ticket(int tileRow, int tileColumn, int segment) =>
        Seeds.Ticket(State(tileRow, tileColumn, segment), tileRow, tileColumn, segment);

    /// <summary>Builds the certificate of a tile, winning or not.</summary>
    public WorkCertificate Certify(int tileRow, int tileColumn, int segment)
    {
        var data = new WorkPublicData
        {
            Shape = Shape,
            RootA = A.Root,
            RootB = B.Root,
            TileRow = tileRow,
            TileColumn = tileColumn,
            Segment = segment,
            State = State(tileRow, tileColumn, segment),
            Bound = Template.IsBound,
            Binding = Template.Binding,
        };
        return new WorkCertificate(data.Encode(), Witness(tileRow, tileColumn, segment));
    }

    /// <summary>Finds the first winning tile in row-major order, segments innermost.</summary>
    /// <returns>The certificate, or null if no tile wins.</returns>
    public WorkCertificate? Search(BigInteger target)
    {
        for (int i = 0; i < Shape.TileRows * Shape.TileColumns * Shape.Segments; i++)
        {
            int segment = i % Shape.Segments;
            (int row, int column) = Math.DivRem(i / Shape.Segments, Shape.TileColumns);
            if (WorkTarget.TryThreshold(target, Shape.UnitMacs(segment), out Hash256 threshold) && Ticket(row, column, segment) <= threshold)
            {
                return Certify(row, column, segment);
            }
        }

        return null;
    }

    private byte[] Witness(int tileRow, int tileColumn, int segment) =>
        new WorkWitness(Shape, tileRow, tileColumn, segment).Build(_storedA, A.Tree.Span, _storedB, B.Tree.Span);
}
