namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// A convolution in which every target pixel is a sum over a few runs of source floats, the same runs for each pixel but for the place:
/// the forward pass, and for one residue of the strides the input gradient. Targets are lines of pixels at equal distances.
/// </summary>
internal unsafe struct GatherPlan
{
    /// <summary>Floats of copied source that a part should stay below: they remain in the second-level cache.</summary>
    private const int PartFloats = 1 << 16;

    private const int PartsPerThread = 4;

    /// <summary>The images that are read.</summary>
    public ImageSource<float> Source;

    /// <summary>Images.</summary>
    public int Images;

    /// <summary>Lines of targets an image.</summary>
    public int Lines;

    /// <summary>Targets a line.</summary>
    public int Pixels;

    /// <summary>First source row that line 0 reads; negative in the padding.</summary>
    public int FirstRow;

    /// <summary>Source rows from line to line.</summary>
    public int RowStep;

    /// <summary>Source rows that a line reads.</summary>
    public int RowSpan;

    /// <summary>First source column that pixel 0 reads.</summary>
    public int FirstColumn;

    /// <summary>Source columns from pixel to pixel.</summary>
    public int ColumnStep;

    /// <summary>Source columns that a pixel reads.</summary>
    public int ColumnSpan;

    /// <summary>The source is read where it lies, not copied to padded memory.</summary>
    public bool Direct;

    /// <summary>Where the runs begin, in floats from the first row and column that a pixel reads.</summary>
    public nint* Offsets;

    /// <summary>Number of runs.</summary>
    public int Segments;

    /// <summary>Floats a run.</summary>
    public int Length;

    /// <summary>The weights in panels of columns.</summary>
    public float* Panels;

    /// <summary>Columns of the targets.</summary>
    public int Columns;

    /// <summary>Column 0 of pixel 0 of line 0 of image 0.</summary>
    public float* Target;

    /// <summary>Floats from image to image.</summary>
    public nint TargetImage;

    /// <summary>Floats from line to line.</summary>
    public nint TargetLine;

    /// <summary>Floats from pixel to pixel.</summary>
    public nint TargetPixel;

    /// <summary>Source columns that a line reads.</summary>
    public readonly int LineColumns => ((Pixels - 1) * ColumnStep) + ColumnSpan;

    /// <summary>
    /// Columns from line to line of a padded plane: the padding on the right of a line is that on the left of the next one.
    /// </summary>
    public readonly int PlanePitch => LineColumns - SharedColumns;

    /// <summary>Columns of padding that lines of a plane share.</summary>
    public readonly int SharedColumns =>
        Math.Clamp(Math.Min(-FirstColumn, FirstColumn + LineColumns - Source.Width), 0, LineColumns - 1);

    /// <summary>Floats from source column to source column as it is read.</summary>
    public readonly int PixelLength => Direct ? Source.Channels : Source.Slice;

    /// <summary>Floats from source row to source row as it is read.</summary>
    public readonly nint RowLength => Direct ? (nint)Source.Width * Source.Channels : (nint)LineColumns * Source.Slice;

    /// <summary>Products of one target.</summary>
    public readonly int Depth => Segments * Length;

    /// <summary>Source rows that so many lines read.</summary>
    public readonly int RowsOf(int lines) => ((lines - 1) * RowStep) + RowSpan;

    /// <summary>How many lines one part computes.</summary>
    /// <param name="threads">Threads that share the lines.</param>
    /// <param name="rowFloats">Floats that are copied for each source row.</param>
    public readonly int LinesPerPart(int threads, nint rowFloats)
    {
        int lines = Lines;
        if (threads > 1)
        {
            int wanted = Math.Max(1, threads * PartsPerThread / Images);
            lines = Math.Max(1, (lines + wanted - 1) / wanted);
        }

        long rows = Math.Max(RowSpan, PartFloats / Math.Max(1, rowFloats));
        return (int)Math.Min(lines, 1 + ((rows - RowSpan) / RowStep));
    }

    /// <summary>
    /// With one range of columns without gaps between pixels and lines, a block may write rubbish behind its last pixel, which the next
    /// block overwrites, up to the address that is returned: the end of the lines. Otherwise null.
    /// </summary>
    public readonly float* FreeUpTo(int lines, float* target, int panel) =>
        Columns <= panel && TargetPixel == Columns && TargetLine == Pixels * TargetPixel ? target + (lines * TargetLine) : null;

    /// <summary>
    /// Reads the source in place if no padding is needed. Runs that cross pixels need the channels of the range alone in memory.
    /// </summary>
    public void ChooseSource(bool runsCrossPixels) =>
        Direct = Source.Contains(FirstRow, RowsOf(Lines), FirstColumn, LineColumns) && (!runsCrossPixels || Source.Slice == Source.Channels);

    /// <summary>Joins the lines to one if neither source nor target has a gap between them: more rows for the register blocks.</summary>
    public void JoinLines()
    {
        if (Direct && ColumnSpan == 1 && Pixels * ColumnStep == Source.Width * RowStep && TargetLine == Pixels * TargetPixel)
        {
            RowSpan = RowsOf(Lines);
            Pixels *= Lines;
            Lines = 1;
        }
    }
}
