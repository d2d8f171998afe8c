namespace PoUW.Compute.Backends;

/// <summary>Memory for panels of B.</summary>
internal readonly unsafe struct PanelTarget(int* start, int width, int depth)
{
    /// <summary>Columns of a panel, a multiple of 16.</summary>
    public int Width { get; } = width;

    /// <summary>Where an int of a column lies.</summary>
    public int* At(int column, int row)
    {
        (int panel, int offset) = (column / Width, column % Width);
        return start + ((nint)panel * depth * Width) + ((nint)row * Width) + offset;
    }
}
