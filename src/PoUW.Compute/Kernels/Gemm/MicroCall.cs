namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// What one call of the micro kernel works on. A[i, k] is read at A + i * RowStride + Offsets[segment] + k * StepA and the vector of
/// B[k, 0..] at B + k * StepB, where k starts at 0 in each segment for A and, unless it has offsets too, runs on for B; strides are floats.
/// A plain product has one segment. A convolution has one segment for each run of the receptive field that is contiguous in memory.
/// </summary>
internal unsafe struct MicroCall
{
    /// <summary>Row 0 of A.</summary>
    public float* A;

    /// <summary>From row to row of A.</summary>
    public nint RowStride;

    /// <summary>From k to k + 1 in A.</summary>
    public nint StepA;

    /// <summary>Where the segments of A start; must be valid while the kernel runs.</summary>
    public nint* Offsets;

    /// <summary>Number of segments, at least 1.</summary>
    public nint Segments;

    /// <summary>Number of k a segment, at least 1.</summary>
    public nint Length;

    /// <summary>The first k of the columns.</summary>
    public float* B;

    /// <summary>From k to k + 1 in B.</summary>
    public nint StepB;

    /// <summary>Where the segments of B start; must be valid while the kernel runs. Null if B runs on.</summary>
    public nint* OffsetsB;

    /// <summary>Row 0 of what the sums start from; null for +0.</summary>
    public float* Start;

    /// <summary>From row to row of the start.</summary>
    public nint StartStride;

    /// <summary>Row 0 of the results.</summary>
    public float* C;

    /// <summary>From row to row of C.</summary>
    public nint StrideC;

    /// <summary>The start of the next call: asked for during this one if this call has a start. Any address.</summary>
    public float* NextStart;

    /// <summary>The results of the next call: asked for during this one if this is a last call. Any address.</summary>
    public float* NextC;

    /// <summary>This call holds the last k: NaNs become canonical.</summary>
    public bool Last;

    /// <summary>Sets row 0, k 0 of A and its strides.</summary>
    public void PlaceA(float* a, nint rowStride, nint step)
    {
        A = a;
        RowStride = rowStride;
        StepA = step;
    }

    /// <summary>Sets k 0 of B and its stride.</summary>
    public void PlaceB(float* b, nint step)
    {
        B = b;
        StepB = step;
    }

    /// <summary>Sets row 0 of the start and its stride.</summary>
    public void PlaceStart(float* start, nint stride)
    {
        Start = start;
        StartStride = stride;
    }

    /// <summary>Sets row 0 of C and its stride.</summary>
    public void PlaceC(float* c, nint stride)
    {
        C = c;
        StrideC = stride;
    }
}
