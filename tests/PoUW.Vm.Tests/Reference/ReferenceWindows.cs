namespace PoUW.Vm.Tests.Reference;

/// <summary>One tap of one window on a batch of images: the row of the output, the tap, and the row of the pixel or -1 in the padding.</summary>
internal readonly record struct ReferenceTap(int Output, int Tap, int Pixel);

/// <summary>The nine numbers of a pooling: batch, height, width, and of window, stride and padding the height and width.</summary>
internal sealed class ReferenceWindows(int[] n)
{
    public int Taps => n[3] * n[4];

    public int Height => Steps(n[1], n[3], n[5], n[7]);

    public int Width => Steps(n[2], n[4], n[6], n[8]);

    /// <summary>The taps of all windows in the order (image, oy, ox, ky, kx).</summary>
    public IEnumerable<ReferenceTap> All()
    {
        for (int output = 0; output < n[0] * Height * Width; output++)
        {
            (int image, int oy, int ox) = (output / (Height * Width), output / Width % Height, output % Width);
            for (int tap = 0; tap < Taps; tap++)
            {
                int y = (oy * n[5]) - n[7] + (tap / n[4]);
                int x = (ox * n[6]) - n[8] + (tap % n[4]);
                bool inside = y >= 0 && y < n[1] && x >= 0 && x < n[2];
                yield return new ReferenceTap(output, tap, inside ? (image * n[1] * n[2]) + (y * n[2]) + x : -1);
            }
        }
    }

    /// <summary>
    /// The windows, real or beyond an edge (-1), that would have a tap on a pixel, in the order of the taps: the lattice of windows goes on
    /// in all directions.
    /// </summary>
    public IEnumerable<ReferenceTap> On(int pixel)
    {
        (int image, int y, int x) = (pixel / (n[1] * n[2]), pixel / n[2] % n[1], pixel % n[2]);
        for (int tap = 0; tap < Taps; tap++)
        {
            (int top, int left) = (y + n[7] - (tap / n[4]), x + n[8] - (tap % n[4]));
            if (top % n[5] != 0 || left % n[6] != 0)
            {
                continue;
            }

            (int oy, int ox) = (top / n[5], left / n[6]);
            bool real = oy >= 0 && oy < Height && ox >= 0 && ox < Width;
            yield return new ReferenceTap(real ? (((image * Height) + oy) * Width) + ox : -1, tap, pixel);
        }
    }

    private static int Steps(int side, int window, int stride, int padding) => ((side + padding + padding - window) / stride) + 1;
}
