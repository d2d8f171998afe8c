using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Copies a rectangle of each of several images to dense memory: a part is an image.</summary>
internal unsafe struct PadJob<T> : ITeamJob
    where T : unmanaged
{
    /// <summary>The images.</summary>
    public ImageSource<T> Source;

    /// <summary>The first image.</summary>
    public int Image;

    /// <summary>First row of the rectangle.</summary>
    public int Row;

    /// <summary>Rows of the rectangle.</summary>
    public int Rows;

    /// <summary>First column of the rectangle.</summary>
    public int Column;

    /// <summary>Columns of the rectangle.</summary>
    public int Columns;

    /// <summary>Where the rectangle of the first image goes; the others follow without gaps.</summary>
    public T* Destination;

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant) =>
        Source.Copy(Image + part, Row, Rows, Column, Columns, Destination + (part * ((nint)Rows * Columns * Source.Slice)));
}
