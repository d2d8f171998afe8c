using System.Runtime.Intrinsics;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>The sum of a range from +0, each term divided by one number and the sum by another.</summary>
internal unsafe struct FloatSum : IPooling
{
    /// <summary>What is summed.</summary>
    public float* Source;

    /// <summary>The sums.</summary>
    public float* Target;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Divides each term; 1 changes nothing.</summary>
    public float TermDivisor;

    /// <summary>Divides the sum; 1 changes nothing.</summary>
    public float SumDivisor;

    /// <inheritdoc/>
    public readonly void Block(in PixelRange range, int target, int channel)
    {
        unchecked // Pointers stay inside the tensors.
        {
            float* line = Source + ((nint)range.First * Channels) + channel;
            Vector512<float> divisor = Vector512.Create(TermDivisor);
            Vector512<float> sum = Vector512<float>.Zero;
            for (int y = 0; y < range.Height; y++, line += (nint)range.Pitch * Channels)
            {
                float* pixel = line;
                for (int x = 0; x < range.Width; x++, pixel += Channels)
                {
                    Vector512<float> term = Vector512.Load(pixel);
                    sum += TermDivisor == 1 ? term : term / divisor;
                }
            }

            sum /= Vector512.Create(SumDivisor);
            PoolingVector.Canonical(sum).Store(Target + ((nint)target * Channels) + channel);
        }
    }

    /// <inheritdoc/>
    public readonly void One(in PixelRange range, int target, int channel)
    {
        float sum = 0;
        for (int y = 0; y < range.Height; y++)
        {
            for (int x = 0; x < range.Width; x++)
            {
                int row = range.First + (y * range.Pitch) + x;
                sum += Source[((nint)row * Channels) + channel] / TermDivisor;
            }
        }

        Target[((nint)target * Channels) + channel] = Fp32.Canonical(sum / SumDivisor);
    }
}
