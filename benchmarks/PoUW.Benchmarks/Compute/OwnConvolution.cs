using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Compute;

/// <summary>A convolution with bias and its gradients on the default backend, through the operations that a program uses.</summary>
public sealed class OwnConvolution : IDisposable
{
    private readonly CpuBackend _backend;
    private readonly int[] _geometry;
    private readonly Tensor _x;
    private readonly Tensor _dx;
    private readonly Tensor _w;
    private readonly Tensor _dw;
    private readonly Tensor _b;
    private readonly Tensor _db;
    private readonly Tensor _y;
    private readonly Tensor _dy;

    /// <summary>Makes tensors of random numbers.</summary>
    public OwnConvolution(ConvolutionCase shape, int threads)
    {
        _backend = new CpuBackend(threads);
        int outHeight = ((shape.Height + (2 * shape.Padding) - shape.Kernel) / shape.Stride) + 1;
        int outWidth = ((shape.Width + (2 * shape.Padding) - shape.Kernel) / shape.Stride) + 1;
        _geometry =
        [
            shape.Batch, shape.Height, shape.Width, shape.Kernel, shape.Kernel, shape.Stride, shape.Stride, shape.Padding, shape.Padding, 1,
        ];
        _x = Create(shape.Batch * shape.Height * shape.Width, shape.Inputs, 1);
        _dx = Create(_x.Rows, _x.Columns, 2);
        _w = Create(shape.Kernel * shape.Kernel * shape.Inputs, shape.Outputs, 3);
        _dw = Create(_w.Rows, _w.Columns, 4);
        _b = Create(1, shape.Outputs, 5);
        _db = Create(1, shape.Outputs, 6);
        _y = Create(shape.Batch * outHeight * outWidth, shape.Outputs, 7);
        _dy = Create(_y.Rows, _y.Columns, 8);
    }

    /// <summary>The passes as actions.</summary>
    public ConvolutionKernels Kernels => new(Forward, Backward);

    /// <summary>The forward pass with bias.</summary>
    public void Forward()
    {
        Run(ConvolutionOps.Conv2D, _geometry, _y, _x, _w);
        Run(FloatElementwiseOps.Add, [], _y, _y, _b);
    }

    /// <summary>Gradients of input, weight and bias.</summary>
    public void Backward()
    {
        Run(ConvolutionOps.Conv2DInputGradient, _geometry, _dx, _dy, _w);
        Run(ConvolutionOps.Conv2DWeightGradient, _geometry, _dw, _dy, _x);
        Run(FloatReductionOps.SumRows, [], _db, _dy);
    }

    /// <summary>Frees the backend.</summary>
    public void Dispose() => _backend.Dispose();

    private void Run(TensorOp operation, int[] immediates, params ReadOnlySpan<Tensor> operands) =>
        _backend.Run(operation, new TensorCall(operands, immediates));

    private static Tensor Create(int rows, int columns, int seed)
    {
        Tensor tensor = new(TensorType.Float32, rows, columns);
        Operands.Fill(tensor.Float32, seed);
        return tensor;
    }
}
