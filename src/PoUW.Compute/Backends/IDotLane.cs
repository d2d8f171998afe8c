namespace PoUW.Compute.Backends;

/// <summary>
/// One way to accumulate packed products: an element of A is an int that holds a few consecutive k, broadcast against a vector of the
/// same of B. Implemented by empty structs so that the compiler specialises the kernel.
/// </summary>
internal unsafe interface IDotLane<TVector>
    where TVector : unmanaged
{
    /// <summary>How many k one int holds: 4 bytes or 2 shorts.</summary>
    static abstract int Group { get; }

    /// <summary>Ints a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Loads a vector of B or of accumulators.</summary>
    static abstract TVector Load(int* source);

    /// <summary>Stores accumulators.</summary>
    static abstract void Store(TVector value, int* destination);

    /// <summary>Repeats an element of A.</summary>
    static abstract TVector Broadcast(int value);

    /// <summary>Adds the products of the groups.</summary>
    static abstract TVector Accumulate(TVector sum, TVector a, TVector b);
}
