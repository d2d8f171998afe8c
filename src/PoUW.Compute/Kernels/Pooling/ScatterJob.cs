using System.Runtime.Intrinsics;
using PoUW.Compute.Threading;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>
/// The gradient of max pooling. A part is an image if every index stays in its image, as those of max pooling do; otherwise one part
/// does all, because the order of the sums counts.
/// </summary>
internal unsafe struct ScatterJob : ITeamJob
{
    /// <summary>The gradient of the images.</summary>
    public float* Target;

    /// <summary>The gradient of the images if it is int8's; then <see cref="Target"/> is null.</summary>
    public int* IntegerTarget;

    /// <summary>dy.</summary>
    public float* Source;

    /// <summary>dy in int8.</summary>
    public sbyte* IntegerSource;

    /// <summary>Rows of the winners.</summary>
    public int* Index;

    /// <summary>Channels.</summary>
    public int Channels;

    /// <summary>Pixels of the targets of a part.</summary>
    public int TargetPixels;

    /// <summary>Pixels of the sources of a part.</summary>
    public int SourcePixels;

    /// <summary>Runs the job on the team.</summary>
    public static void Run(ScatterJob job, in PoolingGeometry windows, ThreadTeam team)
    {
        int parts = team.Size > 1 && StaysInImages(job, windows) ? windows.Batch : 1;
        job.TargetPixels = (int)(windows.InputRows / parts);
        job.SourcePixels = (int)(windows.OutputRows / parts);
        team.Run(parts, job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant)
    {
        nint source = (nint)part * SourcePixels * Channels;
        nint target = (nint)part * TargetPixels * Channels;
        int length = TargetPixels * Channels;
        if (Target == null)
        {
            new Span<int>(IntegerTarget + target, length).Clear();
            AddIntegers(source);
            return;
        }

        new Span<float>(Target + target, length).Clear();
        AddFloats(source);
        Canonicalise(Target + target, length);
    }

    private static bool StaysInImages(in ScatterJob job, in PoolingGeometry windows)
    {
        int length = windows.OutputPixels * job.Channels;
        for (int image = 0; image < windows.Batch; image++)
        {
            int first = image * windows.InputPixels;
            ReadOnlySpan<int> indices = new(job.Index + ((nint)image * length), length);
            if (indices.ContainsAnyExceptInRange(first, first + windows.InputPixels - 1))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A NaN stays NaN under further sums, so it is enough to make NaNs canonical at the end.</summary>
    private static void Canonicalise(float* values, int length)
    {
        unchecked // Pointers stay inside the part.
        {
            int i = 0;
            for (; i <= length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                PoolingVector.Canonical(Vector512.Load(values + i)).Store(values + i);
            }

            for (; i < length; i++)
            {
                values[i] = PoUW.Vm.Arithmetic.Fp32.Canonical(values[i]);
            }
        }
    }

    private readonly void AddFloats(nint first)
    {
        unchecked // The indices were checked before the call.
        {
            int* index = Index + first;
            float* source = Source + first;
            nint channels = Channels;
            for (int pixel = 0; pixel < SourcePixels; pixel++, index += channels, source += channels)
            {
                for (nint c = 0; c < channels; c++)
                {
                    Target[(index[c] * channels) + c] += source[c];
                }
            }
        }
    }

    private readonly void AddIntegers(nint first)
    {
        unchecked // Sums are modulo 2^32; the indices were checked before the call.
        {
            int* index = Index + first;
            sbyte* source = IntegerSource + first;
            nint channels = Channels;
            for (int pixel = 0; pixel < SourcePixels; pixel++, index += channels, source += channels)
            {
                for (nint c = 0; c < channels; c++)
                {
                    IntegerTarget[(index[c] * channels) + c] += source[c];
                }
            }
        }
    }
}
