using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.RandomNumbers;

/// <summary>Fills elements from the words of a generator; the units are elements, and parts start at whole blocks.</summary>
[SkipLocalsInit]
internal readonly unsafe struct RandomKernel<TFill>(float* d, ulong key, ulong stream, TFill fill) : ILaneKernel
    where TFill : struct, IRandomFill
{
    private const int Chunk = 256;
    private const int WordsPerBlock = 4;

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        int* words = stackalloc int[Chunk * 2];
        int* second = stackalloc int[Chunk];
        unchecked // Inside the tensor and the memory above.
        {
            for (nint at = from; at < to; at += Chunk)
            {
                nint count = Math.Min(Chunk, to - at);
                int blocks = (int)((count * TFill.Words) + WordsPerBlock - 1) / WordsPerBlock;
                PhiloxWords.Fill(key, stream, at * TFill.Words / WordsPerBlock, blocks, words);
                if (TFill.Words == 2)
                {
                    Split(words, second, count);
                }

                Write<TLane, TFloat, TWide>(d + at, count, words, second);
            }
        }
    }

    /// <summary>Pairs become two arrays.</summary>
    private static void Split(int* words, int* second, nint count)
    {
        unchecked // Inside the arrays.
        {
            for (nint i = 0; i < count; i++)
            {
                second[i] = words[(2 * i) + 1];
                words[i] = words[2 * i];
            }
        }
    }

    private void Write<TLane, TFloat, TWide>(float* result, nint count, int* words, int* second)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the arrays, whose length is a multiple of every width.
        {
            nint i = 0;
            for (; i <= count - TLane.Width; i += TLane.Width)
            {
                TLane.Store(TLane.Canonical(fill.Create<TLane, TFloat, TWide>(words + i, second + i)), result + i);
            }

            if (i < count)
            {
                TLane.StorePart(TLane.Canonical(fill.Create<TLane, TFloat, TWide>(words + i, second + i)), result + i, count - i);
            }
        }
    }
}
