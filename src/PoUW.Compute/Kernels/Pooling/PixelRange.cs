namespace PoUW.Compute.Kernels.Pooling;

/// <summary>A rectangle of rows of a matrix of pixels, scanned from the top left in the order of the rows.</summary>
/// <param name="First">Row of the pixel at the top left.</param>
/// <param name="Height">Rows of pixels; 0 if the rectangle is empty.</param>
/// <param name="Width">Pixels a row; 0 if the rectangle is empty.</param>
/// <param name="Pitch">Matrix rows from a pixel to the one below it.</param>
internal readonly record struct PixelRange(int First, int Height, int Width, int Pitch)
{
    /// <summary>True if there is no pixel.</summary>
    public bool IsEmpty => Height <= 0 || Width <= 0;

    /// <summary>The last pixel; the rectangle must not be empty.</summary>
    public int Last => First + ((Height - 1) * Pitch) + Width - 1;
}
