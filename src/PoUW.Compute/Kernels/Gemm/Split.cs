namespace PoUW.Compute.Kernels.Gemm;

/// <summary>Splits a length into the fewest parts of at most a limit whose lengths differ by at most one. Enumerable.</summary>
internal struct Split(int length, int limit)
{
    private readonly int _size = length / ((length + limit - 1) / limit);
    private int _larger = length % ((length + limit - 1) / limit);
    private int _start;
    private int _count;

    /// <summary>The current part.</summary>
    public readonly (int Start, int Count) Current => (_start, _count);

    /// <summary>For foreach.</summary>
    public readonly Split GetEnumerator() => this;

    /// <summary>Goes to the next part.</summary>
    public bool MoveNext()
    {
        _start += _count;
        _count = _larger-- > 0 ? _size + 1 : _size;
        return _start < length;
    }
}
