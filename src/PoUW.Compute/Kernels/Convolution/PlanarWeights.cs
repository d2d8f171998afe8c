namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Where the weights of a <see cref="PlanarJob{TLane, TVector}"/> lie; they are read in place.</summary>
internal unsafe struct PlanarWeights
{
    /// <summary>The weight of column 0 and the first k.</summary>
    public float* First;

    /// <summary>Floats from column to column of the targets.</summary>
    public nint RowStride;

    /// <summary>Floats from k to k + 1 in a segment.</summary>
    public nint Step;

    /// <summary>Where the segments begin.</summary>
    public nint* Offsets;
}
