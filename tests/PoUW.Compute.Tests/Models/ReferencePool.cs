namespace PoUW.Compute.Tests.Models;

/// <summary>The largest element, or the mean, of square windows; the mean keeps a factor below 2 unless its size is a power of two.</summary>
internal sealed class ReferencePool(int kernel, int stride, int pad, bool isMaximum) : ReferenceLayer
{
    private int[,,,] _x = null!;

    public override (int[,,,] Value, int Exponent) Forward(int[,,,] x, int exponent)
    {
        _x = x;
        int height = ((x.GetLength(2) + (2 * pad) - kernel) / stride) + 1;
        int width = ((x.GetLength(3) + (2 * pad) - kernel) / stride) + 1;
        long[,,,] sums = new long[x.GetLength(0), x.GetLength(1), height, width];
        foreach ((int n, int c, int y, int column) in Positions(sums))
        {
            List<int> taps = [.. Taps(y, column).Select(t => x[n, c, t.Y, t.X])];
            sums[n, c, y, column] = isMaximum ? taps.Max() : taps.Sum();
        }

        (int[,,,] value, int shift) = Requantise(sums);
        return (value, isMaximum ? exponent : exponent + shift - (int)Math.Floor(Math.Log2(kernel * kernel)));
    }

    public override int[,,,] Backward(int[,,,] error)
    {
        long[,,,] sums = Like(_x);
        foreach ((int n, int c, int y, int column) in Positions(error))
        {
            List<(int Y, int X)> taps = [.. Taps(y, column)];
            if (isMaximum)
            {
                int best = taps.Max(t => _x[n, c, t.Y, t.X]);
                taps = [taps.First(t => _x[n, c, t.Y, t.X] == best)];
            }

            foreach ((int ty, int tx) in taps)
            {
                sums[n, c, ty, tx] += error[n, c, y, column];
            }
        }

        return Requantise(sums).Value;
    }

    private IEnumerable<(int Y, int X)> Taps(int y, int x) =>
        from ky in Enumerable.Range((y * stride) - pad, kernel)
        from kx in Enumerable.Range((x * stride) - pad, kernel)
        where ky >= 0 && kx >= 0 && ky < _x.GetLength(2) && kx < _x.GetLength(3)
        select (ky, kx);
}
