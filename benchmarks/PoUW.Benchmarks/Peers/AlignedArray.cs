using System.Runtime.InteropServices;

namespace PoUW.Benchmarks.Peers;

/// <summary>Operands outside the garbage-collected heap, at a cache line's boundary as native libraries like them.</summary>
public sealed unsafe class AlignedArray<T> : IDisposable
    where T : unmanaged
{
    private const nuint CacheLine = 64;

    /// <summary>Reserves zeros.</summary>
    public AlignedArray(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        Length = length;
        Pointer = (T*)NativeMemory.AlignedAlloc((nuint)length * (nuint)sizeof(T), CacheLine);
        Span.Clear();
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>First element; null once disposed.</summary>
    public T* Pointer { get; private set; }

    /// <summary>The elements.</summary>
    public Span<T> Span => new(Pointer, Length);

    /// <summary>Frees the memory. No span may be used afterwards.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
