using System.Runtime.InteropServices;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Tensors;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// Integer products by a method on a device of libtorch. The result is computed in blocks that fit the memory limit; where the device has less
/// after all, in smaller ones. Everything native goes with its dispose scope.
/// </summary>
internal sealed class TorchProduct : IDeviceProduct
{
    private const int LeastEdge = 32;

    // 1,024 products of 128 * 128 are 2^24, the last integer up to which fp32 holds all.
    private const int Fp32Segment = 1024;

    private readonly torch.Device _device;
    private readonly ProductMethod _method;
    private readonly MemoryLimit _limit;

    /// <summary>Prepares a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="method">The method; not <see cref="ProductMethod.None"/>.</param>
    /// <param name="maxBytes">Bytes of the device that a product may use.</param>
    public TorchProduct(TorchDevice device, ProductMethod method, long maxBytes)
    {
        (_device, _method, _limit) = (device.ToTorch(), method, new MemoryLimit(maxBytes));
    }

    /// <inheritdoc/>
    public ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        (int first, int count) = rows.GetOffsetAndLength(shape.M);
        (int height, int width) = (count, shape.N);
        long limit = _limit.Begin();
        while (true)
        {
            if (BytesOf(shape, count, height, width) <= limit && (long)height * width * sizeof(int) <= int.MaxValue)
            {
                ProductOutcome outcome = TryMultiply(shape, new Window(first, count, height, width), a, b, c);
                if (outcome != ProductOutcome.OutOfMemory)
                {
                    if (outcome == ProductOutcome.Done)
                    {
                        _limit.Succeeded(limit);
                    }

                    return outcome;
                }

                limit = BytesOf(shape, count, height, width) - 1;
            }

            if (height <= LeastEdge && width <= LeastEdge)
            {
                return ProductOutcome.OutOfMemory;
            }

            (height, width) = height >= width ? ((height + 1) / 2, width) : (height, (width + 1) / 2);
        }
    }

    /// <summary>What a block needs: the rows of A that are asked for and all of B as bytes, their parts of a segment as numbers, the product as numbers and twice as integers.</summary>
    private long BytesOf(in MatMulShape shape, int count, int height, int width)
    {
        long number = _method == ProductMethod.Float64 ? sizeof(double) : sizeof(float);
        long operands = ((long)count + shape.N) * shape.K;
        long parts = ((long)height + width) * Math.Min(shape.K, Segment) * number;
        return operands + parts + ((long)height * width * (number + (2 * sizeof(int))));
    }

    private int Segment => _method == ProductMethod.Float64 ? int.MaxValue : Fp32Segment;

    private ProductOutcome TryMultiply(in MatMulShape shape, Window window, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            using IDisposable noGradients = torch.no_grad();
            using IDisposable? setting = TorchSettings.Hold(_device, _method == ProductMethod.Tf32);
            torch.Tensor left = Left(shape, window, a);
            torch.Tensor right = shape.TransposeB
                ? TorchMemory.Upload(b, shape.N, shape.K, _device).t()
                : TorchMemory.Upload(b, shape.K, shape.N, _device);
            for (int row = 0; row < window.Count; row += window.Height)
            {
                int height = Math.Min(window.Height, window.Count - row);
                for (int column = 0; column < shape.N; column += window.Width)
                {
                    int width = Math.Min(window.Width, shape.N - column);
                    using DisposeScope block = torch.NewDisposeScope();
                    torch.Tensor sums = Block(left.narrow(0, row, height), right.narrow(1, column, width), shape.K);
                    TorchMemory.Download(sums, c[(((window.First + row) * shape.N) + column)..], shape.N);
                }
            }

            return ProductOutcome.Done;
        }
        catch (ExternalException failure)
        {
            return TorchMemory.IsOutOfMemory(failure) ? ProductOutcome.OutOfMemory : ProductOutcome.Failed;
        }
    }

    /// <summary>The rows of op(A) that are asked for; the others stay at home.</summary>
    private torch.Tensor Left(in MatMulShape shape, in Window window, ReadOnlySpan<sbyte> a) => shape.TransposeA
        ? TorchMemory.Upload(a[window.First..], shape.K, window.Count, shape.M, _device).t()
        : TorchMemory.Upload(a[(window.First * shape.K)..], window.Count, shape.K, _device);

    private torch.Tensor Block(torch.Tensor left, torch.Tensor right, int inner)
    {
        torch.ScalarType type = _method == ProductMethod.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        torch.Tensor? sums = null;
        for (int k = 0; k < inner;)
        {
            using DisposeScope segment = torch.NewDisposeScope();
            int length = Math.Min(Segment, inner - k);
            torch.Tensor product = torch.matmul(left.narrow(1, k, length).to_type(type), right.narrow(0, k, length).to_type(type)).to_type(torch.ScalarType.Int32);
            sums = (sums is null ? product : sums.add_(product)).MoveToOuterDisposeScope();
            k += length;
        }

        return sums!;
    }

    private readonly record struct Window(int First, int Count, int Height, int Width);
}
