using System.Runtime.InteropServices;

namespace PoUW.Compute.Backends;

/// <summary>Aligned working memory that grows and is kept, so that a steady workload allocates nothing.</summary>
internal sealed unsafe class ScratchBuffer : IDisposable
{
    private const int Alignment = 64;

    private void* _pointer;
    private long _ints;

    ~ScratchBuffer() => Free();

    /// <summary>
    /// At least this many ints. Address and content stay until more is asked for than ever before; new memory holds anything.
    /// </summary>
    public int* Reserve(long ints)
    {
        if (ints > _ints)
        {
            Free();
            _pointer = NativeMemory.AlignedAlloc((nuint)(ints * sizeof(int)), Alignment);
            _ints = ints;
        }

        return (int*)_pointer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _ints = 0;
    }
}
