using System.Diagnostics;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Profiles;

/// <summary>
/// Times every call of another backend by wall time, and steps as a whole. The calls of a step come in one order, so a call is known by
/// its place in the step: two products of equal shapes are told apart. A checkpoint ends a step. Not thread-safe.
/// </summary>
/// <param name="inner">Who works.</param>
/// <param name="stepClock">Seconds, for steps: too long for wall time on a busy machine, too few for a system call to count.</param>
internal sealed class ProfilingBackend(ITensorBackend inner, Func<double> stepClock) : ITensorBackend
{
    private readonly List<ProfiledCall> _calls = [];
    private readonly List<double> _steps = [];
    private int _place;
    private double? _began;

    /// <summary>True while steps are counted; to be set between steps.</summary>
    public bool IsCounting { get; set; }

    /// <summary>The calls of a step in order.</summary>
    public IReadOnlyList<ProfiledCall> Calls => _calls;

    /// <summary>Median seconds from checkpoint to checkpoint.</summary>
    public double StepSeconds => Quantile.Median(_steps);

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        long start = Stopwatch.GetTimestamp();
        inner.MatMul(shape, a, b, c);
        if (Stop(start) is { } seconds)
        {
            if (_place == _calls.Count)
            {
                string name = $"matmul {shape.M} x {shape.K} x {shape.N}{(shape.TransposeA ? ", A'" : "")}{(shape.TransposeB ? ", B'" : "")}";
                _calls.Add(new ProfiledCall(name, 2.0 * shape.MacCount, a.Bytes.Length + b.Bytes.Length + c.Bytes.Length));
            }

            _calls[_place++].Add(seconds);
        }
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call)
    {
        long start = Stopwatch.GetTimestamp();
        long result = inner.Run(operation, call);
        if (Stop(start) is { } seconds)
        {
            if (_place == _calls.Count)
            {
                _calls.Add(Describe(operation, call));
            }

            _calls[_place++].Add(seconds);
        }

        return result;
    }

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state)
    {
        inner.Checkpoint(name, state);
        double now = stepClock();

        // The first step began before the clock was looked at.
        if (IsCounting && _began is { } began)
        {
            _steps.Add(now - began);
        }

        (_place, _began) = (0, IsCounting ? now : null);
    }

    private double? Stop(long start) => IsCounting ? Stopwatch.GetElapsedTime(start).TotalSeconds : null;

    private static ProfiledCall Describe(TensorOp operation, in TensorCall call)
    {
        double bytes = 0;
        string shapes = "";
        for (int i = 0; i < call.Count; i++)
        {
            bytes += call[i].Bytes.Length;
            shapes += $"{(i == 0 ? " " : ", ")}{call[i].Rows} x {call[i].Columns}";
        }

        double flops = operation == ConvolutionOps.Conv2D ? Convolution(call[0], call[2])
            : operation == ConvolutionOps.Conv2DInputGradient ? Convolution(call[1], call[2])
            : operation == ConvolutionOps.Conv2DWeightGradient ? Convolution(call[1], call[0])
            : 0;
        return new ProfiledCall(operation.Name + shapes, flops, bytes);
    }

    private static double Convolution(Tensor outputs, Tensor weights) => 2.0 * outputs.Rows * weights.Length;
}
