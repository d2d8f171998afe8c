using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// The fast twin of <see cref="MatrixCommitment"/>: the same tree, built 32 hashes at a time into a buffer that is reused. Not thread-safe.
/// </summary>
/// <param name="hasher">Working memory, which several trees may share; null for its own.</param>
internal sealed class MatrixTree(MatrixHasher? hasher = null)
{
    private readonly MatrixHasher _hasher = hasher ?? new MatrixHasher();
    private readonly AlignedBuffer<byte> _tree = new();

    /// <summary>All nodes, in the layout of <see cref="MatrixCommitment.Tree"/>.</summary>
    public ReadOnlySpan<byte> Tree => _tree.Span;

    /// <summary>The root of the last matrix.</summary>
    public Hash256 Root { get; private set; }

    /// <summary>The tag of the last matrix.</summary>
    public Hash256 Tag { get; private set; }

    /// <summary>Commits a row-major matrix.</summary>
    public void Compute(ReadOnlySpan<sbyte> stored, int rows, int columns)
    {
        _tree.Reserve(MatrixCommitment.TreeBytes(rows, columns));
        _hasher.Build(stored, rows, columns, _tree.Span);
        Root = MatrixCommitment.RootOf(Tree);
        Tag = MatrixCommitment.TagOf(rows, columns, Root);
    }
}
