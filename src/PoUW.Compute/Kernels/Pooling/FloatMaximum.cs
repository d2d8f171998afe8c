using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>Largest value of a window and its row; a later one wins if it is greater, or NaN against a number.</summary>
internal unsafe struct FloatMaximum : IPooling
{
    /// <summary>The images.</summary>
    public float* Source;

    /// <summary>The outputs.</summary>
    public float* Target;

    /// <summary>The rows of the winners.</summary>
    public int* Index;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Block(in PixelRange range, int target, int channel)
    {
        unchecked // Pointers stay inside the tensors.
        {
            float* line = Source + ((nint)range.First * Channels) + channel;
            Vector512<float> best = Vector512.Load(line);
            Vector512<int> winner = Vector512.Create(range.First);
            nint pitch = (nint)range.Pitch * Channels;
            for (int y = 0, row = range.First; y < range.Height; y++, row += range.Pitch, line += pitch)
            {
                float* pixel = line;
                for (int x = 0; x < range.Width; x++, pixel += Channels)
                {
                    Vector512<float> value = Vector512.Load(pixel);
                    Vector512<float> wins = Vector512.Equals(best, best) & ~Vector512.LessThanOrEqual(value, best);
                    best = Vector512.ConditionalSelect(wins, value, best);
                    winner = Vector512.ConditionalSelect(wins.AsInt32(), Vector512.Create(row + x), winner);
                }
            }

            nint place = ((nint)target * Channels) + channel;
            PoolingVector.Canonical(best).Store(Target + place);
            winner.Store(Index + place);
        }
    }

    /// <inheritdoc/>
    public readonly void One(in PixelRange range, int target, int channel)
    {
        int winner = range.First;
        float best = Source[((nint)winner * Channels) + channel];
        for (int i = 1; i < range.Height * range.Width; i++)
        {
            int row = range.First + (i / range.Width * range.Pitch) + (i % range.Width);
            float value = Source[((nint)row * Channels) + channel];
            if (value > best || (float.IsNaN(value) && !float.IsNaN(best)))
            {
                (winner, best) = (row, value);
            }
        }

        Target[((nint)target * Channels) + channel] = Fp32.Canonical(best);
        Index[((nint)target * Channels) + channel] = winner;
    }
}
