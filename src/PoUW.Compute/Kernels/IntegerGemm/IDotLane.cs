namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// One way to accumulate packed products: ints that hold a few consecutive k of A, broadcast against vectors of the same of B. Implemented
/// by empty structs so that the compiler specialises the kernel.
/// </summary>
internal unsafe interface IDotLane<TVector> : IOperandFormat
    where TVector : unmanaged
{
    /// <summary>How many ints along k one accumulation takes: 1 or 2.</summary>
    static abstract int Step { get; }

    /// <summary>Ints a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Loads a vector of B or of accumulators.</summary>
    static abstract TVector Load(int* source);

    /// <summary>Stores accumulators.</summary>
    static abstract void Store(TVector value, int* destination);

    /// <summary>Repeats an element of A.</summary>
    static abstract TVector Broadcast(int value);

    /// <summary>Adds ints modulo 2^32.</summary>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary>Adds the products of one step; the second element of A and vector of B count only where a step is two ints.</summary>
    static abstract TVector Accumulate(TVector sum, TVector a0, TVector a1, TVector b0, TVector b1);
}
