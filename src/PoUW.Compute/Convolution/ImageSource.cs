namespace PoUW.Compute.Convolution;

/// <summary>
/// A range of channels of a batch of NHWC images, from which rectangles are cut; what a rectangle covers beyond an image is zero.
/// </summary>
internal unsafe struct ImageSource
{
    /// <summary>First channel of the range of pixel 0 of image 0.</summary>
    public float* First;

    /// <summary>Height of an image.</summary>
    public int Height;

    /// <summary>Width of an image.</summary>
    public int Width;

    /// <summary>Channels of the images: floats from pixel to pixel.</summary>
    public int Channels;

    /// <summary>Channels of the range.</summary>
    public int Slice;

    /// <summary>Floats from image to image.</summary>
    public readonly nint ImageStride => (nint)Height * Width * Channels;

    /// <summary>True if the rectangle lies inside an image.</summary>
    public readonly bool Contains(int row, int rows, int column, int columns) =>
        row >= 0 && column >= 0 && row + rows <= Height && column + columns <= Width;

    /// <summary>Copies a rectangle of an image to dense memory: rows x columns x Slice floats.</summary>
    public readonly void Copy(int image, int row, int rows, int column, int columns, float* destination)
    {
        int left = Math.Clamp(-column, 0, columns);
        int right = Math.Clamp(column + columns - Width, 0, columns - left);
        int inside = columns - left - right;
        nint length = (nint)columns * Slice;
        for (int y = row; y < row + rows; y++, destination += length)
        {
            if (y < 0 || y >= Height || inside <= 0)
            {
                new Span<float>(destination, (int)length).Clear();
                continue;
            }

            float* pixel = First + (image * ImageStride) + ((((nint)y * Width) + column + left) * Channels);
            new Span<float>(destination, left * Slice).Clear();
            CopyPixels(pixel, inside, destination + (left * Slice));
            new Span<float>(destination + ((left + inside) * Slice), right * Slice).Clear();
        }
    }

    private readonly void CopyPixels(float* source, int pixels, float* destination)
    {
        if (Slice == Channels)
        {
            new ReadOnlySpan<float>(source, pixels * Slice).CopyTo(new Span<float>(destination, pixels * Slice));
            return;
        }

        for (int pixel = 0; pixel < pixels; pixel++, source += Channels, destination += Slice)
        {
            new ReadOnlySpan<float>(source, Slice).CopyTo(new Span<float>(destination, Slice));
        }
    }
}
