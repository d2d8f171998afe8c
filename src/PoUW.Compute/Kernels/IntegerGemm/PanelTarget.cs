using System.Numerics;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>Memory for panels of B.</summary>
internal readonly unsafe struct PanelTarget
{
    private const int LineInts = 16;

    private readonly int* _start;
    private readonly nint _panelInts;
    private readonly int _shift;

    /// <summary>Describes panels.</summary>
    /// <param name="start">First panel.</param>
    /// <param name="width">Columns of a panel: a power of two, at least 16.</param>
    /// <param name="depth">Rows of ints of a panel.</param>
    public PanelTarget(int* start, int width, int depth)
    {
        _start = start;
        Width = width;
        _panelInts = PanelInts(width, depth);
        _shift = BitOperations.Log2((uint)width);
    }

    /// <summary>Columns of a panel.</summary>
    public int Width { get; }

    /// <summary>Ints from panel to panel; one line more than needed, so that panels of a power of two fall into different sets of a cache.</summary>
    public static int PanelInts(int width, int depth) => (width * depth) + LineInts;

    /// <summary>Where an int of a column lies.</summary>
    public int* At(int column, int row)
    {
        unchecked // Addresses stay inside the panels.
        {
            return _start + ((column >> _shift) * _panelInts) + ((nint)row << _shift) + (column & (Width - 1));
        }
    }
}
