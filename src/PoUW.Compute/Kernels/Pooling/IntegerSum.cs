using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>The sum of a range of int8 in int32.</summary>
internal unsafe struct IntegerSum : IPooling
{
    /// <summary>What is summed.</summary>
    public sbyte* Source;

    /// <summary>The sums.</summary>
    public int* Target;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <inheritdoc/>
    public readonly void Block(in PixelRange range, int target, int channel)
    {
        unchecked // Pointers stay inside the tensors.
        {
            sbyte* line = Source + ((nint)range.First * Channels) + channel;
            Vector512<int> sum = Vector512<int>.Zero;
            for (int y = 0; y < range.Height; y++, line += (nint)range.Pitch * Channels)
            {
                sbyte* pixel = line;
                for (int x = 0; x < range.Width; x++, pixel += Channels)
                {
                    sum += PoolingVector.Widen(pixel);
                }
            }

            sum.Store(Target + ((nint)target * Channels) + channel);
        }
    }

    /// <inheritdoc/>
    public readonly void One(in PixelRange range, int target, int channel)
    {
        int sum = 0;
        for (int y = 0; y < range.Height; y++)
        {
            for (int x = 0; x < range.Width; x++)
            {
                int row = range.First + (y * range.Pitch) + x;
                sum += Source[((nint)row * Channels) + channel];
            }
        }

        Target[((nint)target * Channels) + channel] = sum;
    }
}
