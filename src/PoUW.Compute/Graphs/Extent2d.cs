using System.Globalization;

namespace PoUW.Compute.Graphs;

/// <summary>
/// A size, stride or padding of an image: PyTorch's "int or pair". Made from one number for both, or from (height, width).
/// </summary>
/// <param name="Height">Along y.</param>
/// <param name="Width">Along x.</param>
public readonly record struct Extent2d(int Height, int Width)
{
    /// <summary>One number for both.</summary>
    public static implicit operator Extent2d(int side) => new(side, side);

    /// <summary>(height, width).</summary>
    public static implicit operator Extent2d((int Height, int Width) pair) => new(pair.Height, pair.Width);

    /// <summary>"3x3".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Height}x{Width}");
}
