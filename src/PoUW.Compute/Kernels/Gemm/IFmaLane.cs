namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// One width of fp32 vectors for the kernels of the exact product. Implemented by empty structs so that the compiler specialises the
/// code; every lane rounds each element once per multiply-add, so all give the same bits.
/// </summary>
internal unsafe interface IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of the full register block, at most <see cref="MicroKernel{TLane, TVector}.MaxRows"/>.</summary>
    static abstract int Rows { get; }

    /// <summary>Loads a vector; no alignment needed.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Stores a vector; no alignment needed.</summary>
    static abstract void Store(TVector value, float* destination);

    /// <summary>Loads the first floats of a vector, the rest is zero; reads no memory behind them.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="count">0 up to <see cref="Width"/>.</param>
    static abstract TVector LoadFirst(float* source, int count);

    /// <summary>Stores the first floats of a vector; writes no memory behind them.</summary>
    static abstract void StoreFirst(TVector value, float* destination, int count);

    /// <summary>Repeats one element.</summary>
    static abstract TVector Broadcast(float* source);

    /// <summary>fma(a, b, sum), rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector sum);

    /// <summary>Replaces every NaN by 0x7FC00000.</summary>
    static abstract TVector Canonical(TVector value);

    /// <summary>Asks for a cache line; no fault for any address.</summary>
    static abstract void Prefetch(void* address);

    /// <summary>Transposes Width x Width floats; the strides are floats from row to row.</summary>
    static abstract void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride);
}
