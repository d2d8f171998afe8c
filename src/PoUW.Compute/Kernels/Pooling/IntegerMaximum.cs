using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>Largest int8 of a window and its row; the first of equals wins.</summary>
internal unsafe struct IntegerMaximum : IPooling
{
    /// <summary>The images.</summary>
    public sbyte* Source;

    /// <summary>The outputs.</summary>
    public sbyte* Target;

    /// <summary>The rows of the winners.</summary>
    public int* Index;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <inheritdoc/>
    public readonly void Block(in PixelRange range, int target, int channel)
    {
        unchecked // Pointers stay inside the tensors.
        {
            sbyte* line = Source + ((nint)range.First * Channels) + channel;
            Vector512<int> best = PoolingVector.Widen(line);
            Vector512<int> winner = Vector512.Create(range.First);
            for (int y = 0; y < range.Height; y++, line += (nint)range.Pitch * Channels)
            {
                sbyte* pixel = line;
                int row = range.First + (y * range.Pitch);
                for (int x = 0; x < range.Width; x++, pixel += Channels)
                {
                    Vector512<int> value = PoolingVector.Widen(pixel);
                    Vector512<int> wins = Vector512.GreaterThan(value, best);
                    best = Vector512.Max(best, value);
                    winner = Vector512.ConditionalSelect(wins, Vector512.Create(row + x), winner);
                }
            }

            nint place = ((nint)target * Channels) + channel;
            PoolingVector.Narrow(best).Store(Target + place);
            winner.Store(Index + place);
        }
    }

    /// <inheritdoc/>
    public readonly void One(in PixelRange range, int target, int channel)
    {
        int winner = range.First;
        sbyte best = Source[((nint)winner * Channels) + channel];
        for (int i = 1; i < range.Height * range.Width; i++)
        {
            int row = range.First + (i / range.Width * range.Pitch) + (i % range.Width);
            sbyte value = Source[((nint)row * Channels) + channel];
            (winner, best) = value > best ? (row, value) : (winner, best);
        }

        Target[((nint)target * Channels) + channel] = best;
        Index[((nint)target * Channels) + channel] = winner;
    }
}
