using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Pooling;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// Int8 convolutions with few columns or small windows, for which an int8 product is mostly padding, computed in fp32: while sums stay
/// below 2^24 every partial sum is an integer that fp32 holds exactly, so the result is exact. Not thread-safe, nor may the team be in use
/// elsewhere meanwhile.
/// </summary>
internal sealed unsafe class SmallIntegerConvolution(IFloatConvolution convolution) : IDisposable
{
    /// <summary>Products of at most 2^14 that add up to at most 2^24.</summary>
    private const int MaxChain = 1024;

    private const int FewColumns = 8;

    private const int SmallWindow = 32;

    private readonly ScratchBuffer _first = new();
    private readonly ScratchBuffer _second = new();
    private readonly ScratchBuffer _result = new();

    /// <summary>True if a pass is exact and faster here.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="chain">Products of a sum.</param>
    /// <param name="columns">Columns of the result that a group computes.</param>
    public static bool Suits(in ConvolutionShape shape, long chain, int columns) =>
        chain <= MaxChain && (shape.IsDepthwise || columns <= FewColumns || shape.Windows.Taps * shape.GroupChannels <= SmallWindow);

    /// <summary>y of x and w.</summary>
    public void Forward(in ConvolutionShape shape, int* y, sbyte* x, sbyte* w, ThreadTeam team)
    {
        long length = shape.Windows.OutputRows * shape.Outputs;
        float* result = (float*)_result.Reserve(length);
        float* images = Widen(x, shape.Windows.InputRows * shape.Channels, _first);
        convolution.Forward(shape, result, images, Widen(w, Weights(shape), _second), team);
        Round(result, length, y);
    }

    /// <summary>dx of dy and w.</summary>
    public void InputGradient(in ConvolutionShape shape, int* dx, sbyte* dy, sbyte* w, ThreadTeam team)
    {
        long length = shape.Windows.InputRows * shape.Channels;
        float* result = (float*)_result.Reserve(length);
        float* gradient = Widen(dy, shape.Windows.OutputRows * shape.Outputs, _first);
        convolution.InputGradient(shape, result, gradient, Widen(w, Weights(shape), _second), team);
        Round(result, length, dx);
    }

    /// <summary>dw of dy and x, image by image: the sum over one image is exact, and so is the sum of those in integers.</summary>
    public void WeightGradient(in ConvolutionShape shape, int* dw, sbyte* dy, sbyte* x, ThreadTeam team)
    {
        int length = (int)Weights(shape);
        ConvolutionShape image = shape with { Geometry = shape.Geometry with { Windows = shape.Windows with { Batch = 1 } } };
        long inputs = (long)shape.Windows.InputPixels * shape.Channels;
        long outputs = (long)shape.Windows.OutputPixels * shape.Outputs;
        float* result = (float*)_result.Reserve(2L * length);
        int* rounded = (int*)result + length;
        new Span<int>(dw, length).Clear();
        for (int i = 0; i < shape.Windows.Batch; i++, x += inputs, dy += outputs)
        {
            convolution.WeightGradient(image, result, Widen(dy, outputs, _second), Widen(x, inputs, _first), team);
            Round(result, length, rounded);
            ByteRun.Add(rounded, length, dw);
        }
    }

    /// <summary>Frees the working memory; the fp32 engine is the caller's.</summary>
    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _result.Dispose();
    }

    private static long Weights(in ConvolutionShape shape) => shape.Geometry.ChainLength(shape.Channels) * shape.Outputs;

    private static float* Widen(sbyte* source, long length, ScratchBuffer memory)
    {
        float* result = (float*)memory.Reserve(length);
        unchecked // Pointers stay inside the operand and its copy.
        {
            long i = 0;
            for (; i <= length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512.ConvertToSingle(PoolingVector.Widen(source + i)).Store(result + i);
            }

            for (; i < length; i++)
            {
                result[i] = source[i];
            }
        }

        return result;
    }

    private static void Round(float* source, long length, int* result)
    {
        unchecked // Pointers stay inside the results; all numbers are integers below 2^25.
        {
            long i = 0;
            for (; i <= length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                Vector512.ConvertToInt32(Vector512.Load(source + i)).Store(result + i);
            }

            for (; i < length; i++)
            {
                result[i] = (int)source[i];
            }
        }
    }
}
