namespace PoUW.Compute.TileWork;

/// <summary>A pinned buffer aligned to a cache line that grows and is never given back, so that a steady state allocates nothing.</summary>
internal sealed unsafe class AlignedBuffer<T>
    where T : unmanaged
{
    private const int Alignment = 64;
    private T[] _array = [];
    private T* _pointer;

    /// <summary>Number of usable elements.</summary>
    public int Length { get; private set; }

    /// <summary>Start of the buffer; valid until the next call of <see cref="Reserve"/>.</summary>
    public T* Pointer => _pointer;

    /// <summary>The used part.</summary>
    public Span<T> Span => new(_pointer, Length);

    /// <summary>Makes room; the content is undefined afterwards.</summary>
    public void Reserve(int length)
    {
        int slack = Alignment / sizeof(T);
        if (_array.Length < length + slack)
        {
            _array = GC.AllocateUninitializedArray<T>(length + slack, pinned: true);
            nuint address = (nuint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _array[0]);
            _pointer = (T*)((address + Alignment - 1) & ~(nuint)(Alignment - 1));
        }

        Length = length;
    }
}
