namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// A range of channels of a batch of NHWC images, from which rectangles are cut; what a rectangle covers beyond an image is zero.
/// </summary>
internal unsafe struct ImageSource<T>
    where T : unmanaged
{
    /// <summary>First channel of the range of pixel 0 of image 0.</summary>
    public T* First;

    /// <summary>Height of an image.</summary>
    public int Height;

    /// <summary>Width of an image.</summary>
    public int Width;

    /// <summary>Channels of the images: elements from pixel to pixel.</summary>
    public int Channels;

    /// <summary>Channels of the range.</summary>
    public int Slice;

    /// <summary>Elements from image to image.</summary>
    public readonly nint ImageStride => (nint)Height * Width * Channels;

    /// <summary>True if the rectangle lies inside an image.</summary>
    public readonly bool Contains(int row, int rows, int column, int columns) =>
        row >= 0 && column >= 0 && row + rows <= Height && column + columns <= Width;

    /// <summary>Copies a rectangle of an image to dense memory: rows x columns x Slice elements.</summary>
    public readonly void Copy(int image, int row, int rows, int column, int columns, T* destination)
    {
        int left = Math.Clamp(-column, 0, columns);
        int right = Math.Clamp(column + columns - Width, 0, columns - left);
        int inside = columns - left - right;
        nint length = (nint)columns * Slice;
        for (int y = row; y < row + rows; y++, destination += length)
        {
            if (y < 0 || y >= Height || inside <= 0)
            {
                new Span<T>(destination, (int)length).Clear();
                continue;
            }

            T* pixel = First + (image * ImageStride) + ((((nint)y * Width) + column + left) * Channels);
            new Span<T>(destination, left * Slice).Clear();
            CopyPixels(pixel, inside, destination + (left * Slice));
            new Span<T>(destination + ((left + inside) * Slice), right * Slice).Clear();
        }
    }

    private readonly void CopyPixels(T* source, int pixels, T* destination)
    {
        if (Slice == Channels)
        {
            new ReadOnlySpan<T>(source, pixels * Slice).CopyTo(new Span<T>(destination, pixels * Slice));
            return;
        }

        for (int pixel = 0; pixel < pixels; pixel++, source += Channels, destination += Slice)
        {
            new ReadOnlySpan<T>(source, Slice).CopyTo(new Span<T>(destination, Slice));
        }
    }
}
