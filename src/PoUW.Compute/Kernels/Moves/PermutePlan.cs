namespace PoUW.Compute.Kernels.Moves;

/// <summary>
/// permute as many equal moves: copies of runs if the last dimension stays last, otherwise transposes between the last dimension of the
/// destination and the one that is contiguous in the source. Two dimensions, outer and inner, number the moves. Strides are in elements.
/// </summary>
internal readonly struct PermutePlan
{
    private const int Last = 3;

    private readonly nint _inner;
    private readonly nint _outerSource;
    private readonly nint _innerSource;
    private readonly nint _outerDestination;
    private readonly nint _innerDestination;

    /// <summary>Plans the moves.</summary>
    /// <param name="n">The four dimensions of the source.</param>
    /// <param name="p">The permutation.</param>
    public PermutePlan(ReadOnlySpan<int> n, ReadOnlySpan<int> p)
    {
        ReadOnlySpan<nint> source = [(nint)n[1] * n[2] * n[3], (nint)n[2] * n[3], n[3], 1];
        ReadOnlySpan<nint> destination = [(nint)n[p[1]] * n[p[2]] * n[p[3]], (nint)n[p[2]] * n[p[3]], n[p[3]], 1];
        int contiguous = p.IndexOf(Last);
        IsCopy = contiguous == Last;

        // A run covers the dimension before it too; a transpose takes the dimension that is contiguous in the source.
        int taken = IsCopy ? Last - 1 : contiguous;
        Rows = IsCopy ? n[p[taken]] : n[p[Last]];
        Columns = n[Last];
        SourceStride = IsCopy ? source[p[taken]] : source[p[Last]];
        DestinationStride = destination[taken];
        int outer = taken == 0 ? 1 : 0;
        int inner = Last - taken - outer;
        _inner = n[p[inner]];
        Moves = n[p[outer]] * _inner;
        (_outerSource, _innerSource) = (source[p[outer]], source[p[inner]]);
        (_outerDestination, _innerDestination) = (destination[outer], destination[inner]);
    }

    /// <summary>Rows are copied; otherwise they are transposed.</summary>
    public bool IsCopy { get; }

    /// <summary>Number of moves.</summary>
    public nint Moves { get; }

    /// <summary>Rows of a move in the source.</summary>
    public nint Rows { get; }

    /// <summary>Elements of a row in the source; they are contiguous.</summary>
    public nint Columns { get; }

    /// <summary>From row to row in the source.</summary>
    public nint SourceStride { get; }

    /// <summary>From row to row in the destination.</summary>
    public nint DestinationStride { get; }

    /// <summary>Where a move starts in the source.</summary>
    public nint Source(nint move) => (move / _inner * _outerSource) + (move % _inner * _innerSource);

    /// <summary>Where a move starts in the destination.</summary>
    public nint Destination(nint move) => (move / _inner * _outerDestination) + (move % _inner * _innerDestination);
}
