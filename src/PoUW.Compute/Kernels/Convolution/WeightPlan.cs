namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// The weight gradient of one group: for each weight a sum over all pixels of all output lines. The sources of a line are rows of padded
/// or direct images; rows of the result that belong to one ky are contiguous in them.
/// </summary>
internal unsafe struct WeightPlan
{
    /// <summary>Rows of windows: one block of rows of the result each.</summary>
    public int KernelHeight;

    /// <summary>Rows of the result a ky: kx and channel.</summary>
    public int RowsPerKernelLine;

    /// <summary>Columns of the result: outputs of the group.</summary>
    public int Columns;

    /// <summary>Source rows, padded or direct.</summary>
    public float* Source;

    /// <summary>Floats from source row to source row.</summary>
    public nint SourceRow;

    /// <summary>Floats from window to window of a line.</summary>
    public nint SourceStep;

    /// <summary>Where the source of each line begins.</summary>
    public nint* Offsets;

    /// <summary>dy of the first line and of the first output of the group.</summary>
    public float* Outputs;

    /// <summary>Output channels of all groups: floats from pixel to pixel of dy.</summary>
    public int OutputStride;

    /// <summary>Pixels a line.</summary>
    public int Pixels;

    /// <summary>Lines.</summary>
    public int Lines;

    /// <summary>Lines whose dy is read where it lies; the vectors of the others would run over the end of the tensor.</summary>
    public int DirectLines;

    /// <summary>A copy of dy of the lines that are not direct, with room behind it.</summary>
    public float* Tail;

    /// <summary>The result: row 0, first output of the group.</summary>
    public float* Target;

    /// <summary>Starts from the old result.</summary>
    public bool Load;

    /// <summary>These lines are the last ones.</summary>
    public bool Last;
}
