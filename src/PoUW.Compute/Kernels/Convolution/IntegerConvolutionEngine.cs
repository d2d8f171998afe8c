using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.IntegerGemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// The int8 convolutions: a few images at a time are unfolded and go through the int8 product. Integer sums do not depend on the order,
/// so threads share the images, also those of the weight gradient. Not thread-safe, nor may the team be in use elsewhere meanwhile.
/// Pointers are the caller's to vouch for.
/// </summary>
internal sealed unsafe class IntegerConvolutionEngine : IDisposable
{
    /// <summary>Bytes of unfolded windows at a time: they stay in the second-level cache.</summary>
    private const long BlockBytes = 1 << 19;

    private readonly IntegerWorker?[] _workers;
    private readonly Func<IGemmEngine> _createGemm;
    private readonly SmallIntegerConvolution _small;
    private readonly ScratchBuffer _weights = new();

    /// <summary>Makes an engine for teams of at most so many participants.</summary>
    /// <param name="createGemm">Makes a product engine for one thread.</param>
    /// <param name="floats">The fp32 convolutions; stay the caller's to dispose.</param>
    /// <param name="participants">Largest size of a team.</param>
    public IntegerConvolutionEngine(Func<IGemmEngine> createGemm, IFloatConvolution floats, int participants)
    {
        _small = new SmallIntegerConvolution(floats);
        _createGemm = createGemm;
        _workers = new IntegerWorker[participants];
    }

    private enum Pass
    {
        Forward,
        InputGradient,
        FoldedInputGradient,
        WeightGradient,
    }

    /// <summary>y of x and w.</summary>
    public void Forward(in ConvolutionShape shape, int* y, sbyte* x, sbyte* w, ThreadTeam team)
    {
        if (SmallIntegerConvolution.Suits(shape, (long)shape.Windows.Taps * shape.GroupChannels, shape.GroupOutputs))
        {
            _small.Forward(shape, y, x, w, team);
            return;
        }

        for (int group = 0; group < shape.Geometry.Groups; group++)
        {
            int rows = shape.Windows.Taps * shape.GroupChannels;
            sbyte* weights = Dense(w + (group * shape.GroupOutputs), rows, shape.GroupOutputs, shape.Outputs, _weights);
            Run(new Job { Pass = Pass.Forward, Shape = shape, Group = group, Bytes = x, Weights = weights, Result = y }, team);
        }
    }

    /// <summary>dx of dy and w.</summary>
    public void InputGradient(in ConvolutionShape shape, int* dx, sbyte* dy, sbyte* w, ThreadTeam team)
    {
        if (SmallIntegerConvolution.Suits(shape, (long)shape.Windows.Taps * shape.GroupOutputs, shape.GroupChannels))
        {
            _small.InputGradient(shape, dx, dy, w, team);
            return;
        }

        bool unit = shape.Windows.StrideHeight == 1 && shape.Windows.StrideWidth == 1;
        for (int group = 0; group < shape.Geometry.Groups; group++)
        {
            sbyte* weights = w + (group * shape.GroupOutputs);
            int rows = shape.Windows.Taps * shape.GroupChannels;
            weights = unit ? Reverse(shape, weights) : Dense(weights, rows, shape.GroupOutputs, shape.Outputs, _weights);
            Pass pass = unit ? Pass.InputGradient : Pass.FoldedInputGradient;
            Run(new Job { Pass = pass, Shape = shape, Group = group, Bytes = dy, Weights = weights, Result = dx }, team);
        }
    }

    /// <summary>dw of dy and x.</summary>
    public void WeightGradient(in ConvolutionShape shape, int* dw, sbyte* dy, sbyte* x, ThreadTeam team)
    {
        if (SmallIntegerConvolution.Suits(shape, shape.Windows.OutputPixels, shape.GroupOutputs))
        {
            _small.WeightGradient(shape, dw, dy, x, team);
            return;
        }

        int rows = shape.Windows.Taps * shape.GroupChannels;
        int length = rows * shape.GroupOutputs;
        for (int group = 0; group < shape.Geometry.Groups; group++)
        {
            for (int i = 0; i < team.Size; i++)
            {
                new Span<int>(Worker(i).Sum(length), length).Clear();
            }

            Run(new Job { Pass = Pass.WeightGradient, Shape = shape, Group = group, Bytes = x, Weights = dy }, team);
            int* total = Worker(0).Sum(length);
            for (int i = 1; i < team.Size; i++)
            {
                ByteRun.Add(Worker(i).Sum(length), length, total);
            }

            Spread(total, rows, shape.GroupOutputs, dw + (group * shape.GroupOutputs), shape.Outputs);
        }
    }

    /// <summary>Unfolds windows; any number of channels, one group.</summary>
    public void Unfold(in PoolingGeometry windows, int channels, sbyte* x, sbyte* columns, ThreadTeam team)
    {
        EnsureWorkers(team);
        team.Run(windows.Batch, new UnfoldJob { Engine = this, Windows = windows, Channels = channels, Images = x, Columns = columns });
    }

    /// <summary>Adds rows of windows to pixels; any number of channels.</summary>
    public static void Fold(in PoolingGeometry windows, int channels, int* columns, int* images, ThreadTeam team) =>
        team.Run(windows.Batch, new FoldJob { Windows = windows, Channels = channels, Columns = columns, Images = images });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IntegerWorker? worker in _workers)
        {
            worker?.Dispose();
        }

        _small.Dispose();
        _weights.Dispose();
    }

    /// <summary>A matrix without gaps between its rows: the source itself or a copy.</summary>
    private static sbyte* Dense(sbyte* source, int rows, int columns, int stride, ScratchBuffer memory)
    {
        if (columns == stride)
        {
            return source;
        }

        sbyte* copy = (sbyte*)memory.Reserve(((long)rows * columns / sizeof(int)) + 1);
        for (int row = 0; row < rows; row++)
        {
            new ReadOnlySpan<sbyte>(source + ((nint)row * stride), columns).CopyTo(new Span<sbyte>(copy + ((nint)row * columns), columns));
        }

        return copy;
    }

    private static void Spread(int* source, int rows, int columns, int* destination, int stride)
    {
        for (int row = 0; row < rows; row++, source += columns, destination += stride)
        {
            new ReadOnlySpan<int>(source, columns).CopyTo(new Span<int>(destination, columns));
        }
    }

    /// <summary>The weights of the convolution of dy that is the input gradient: taps in reverse, rows (tap, o), columns c.</summary>
    private sbyte* Reverse(in ConvolutionShape shape, sbyte* w)
    {
        (int taps, int channels, int outputs) = (shape.Windows.Taps, shape.GroupChannels, shape.GroupOutputs);
        sbyte* reversed = (sbyte*)_weights.Reserve(((long)taps * channels * outputs / sizeof(int)) + 1);
        unchecked // Pointers stay inside the weights.
        {
            for (int tap = 0; tap < taps; tap++)
            {
                sbyte* target = reversed + ((nint)(taps - 1 - tap) * outputs * channels);
                for (int c = 0; c < channels; c++, w += shape.Outputs)
                {
                    for (int o = 0; o < outputs; o++)
                    {
                        target[((nint)o * channels) + c] = w[o];
                    }
                }
            }
        }

        return reversed;
    }

    private void EnsureWorkers(ThreadTeam team)
    {
        for (int i = 0; i < team.Size; i++)
        {
            Worker(i);
        }
    }

    private IntegerWorker Worker(int participant) => _workers[participant] ??= new IntegerWorker(_createGemm());

    private void Run(Job job, ThreadTeam team)
    {
        EnsureWorkers(team);
        PoolingGeometry g = job.Shape.Windows;
        int pixels = job.Pass == Pass.InputGradient ? g.InputPixels : g.OutputPixels;
        int depth = g.Taps * (job.Pass == Pass.InputGradient ? job.Shape.GroupOutputs : job.Shape.GroupChannels);
        long bytes = (long)pixels * depth * (job.Pass == Pass.FoldedInputGradient ? sizeof(int) : 1);
        job.Engine = this;
        job.ImagesPerPart = (int)Math.Clamp(BlockBytes / bytes, 1, (g.Batch + team.Size - 1) / team.Size);
        team.Run((g.Batch + job.ImagesPerPart - 1) / job.ImagesPerPart, job);
    }

    /// <summary>One pass of one group; a part is a few images.</summary>
    private struct Job : ITeamJob
    {
        public IntegerConvolutionEngine Engine;
        public Pass Pass;
        public ConvolutionShape Shape;
        public int Group;
        public int ImagesPerPart;

        /// <summary>The tensor whose windows are unfolded: x, or dy of an input gradient.</summary>
        public sbyte* Bytes;

        /// <summary>The right operand: dense weights, or dy of the weight gradient.</summary>
        public sbyte* Weights;
        public int* Result;

        public readonly void Execute(int part, int participant)
        {
            IntegerWorker worker = Engine.Worker(participant);
            int image = part * ImagesPerPart;
            int images = Math.Min(ImagesPerPart, Shape.Windows.Batch - image);
            switch (Pass)
            {
                case Pass.Forward:
                    Convolve(worker, Shape.Windows, Input, image, images, Result + (Group * Shape.GroupOutputs), Shape.GroupOutputs, Shape.Outputs);
                    break;
                case Pass.InputGradient:
                    Convolve(worker, Reversed, Output, image, images, Result + (Group * Shape.GroupChannels), Shape.GroupChannels, Shape.Channels);
                    break;
                case Pass.FoldedInputGradient:
                    FoldGradient(worker, image, images);
                    break;
                default:
                    AddWeights(worker, image, images);
                    break;
            }
        }

        private readonly ImageSource<sbyte> Input => new()
        {
            First = Bytes + (Group * Shape.GroupChannels),
            Height = Shape.Windows.Height,
            Width = Shape.Windows.Width,
            Channels = Shape.Channels,
            Slice = Shape.GroupChannels,
        };

        private readonly ImageSource<sbyte> Output => new()
        {
            First = Bytes + (Group * Shape.GroupOutputs),
            Height = Shape.Windows.OutputHeight,
            Width = Shape.Windows.OutputWidth,
            Channels = Shape.Outputs,
            Slice = Shape.GroupOutputs,
        };

        /// <summary>The windows on dy whose outputs are the pixels, for strides of 1.</summary>
        private readonly PoolingGeometry Reversed => Shape.Windows with
        {
            Height = Shape.Windows.OutputHeight,
            Width = Shape.Windows.OutputWidth,
            PadHeight = Shape.Windows.KernelHeight - 1 - Shape.Windows.PadHeight,
            PadWidth = Shape.Windows.KernelWidth - 1 - Shape.Windows.PadWidth,
        };

        private static sbyte* Unfold(IntegerWorker worker, in PoolingGeometry g, in ImageSource<sbyte> source, int image, int images)
        {
            if (g.Taps == 1 && g.OutputPixels == g.InputPixels && source.Slice == source.Channels)
            {
                return source.First + (image * source.ImageStride);
            }

            long length = (long)g.OutputPixels * g.Taps * source.Slice;
            sbyte* columns = worker.Columns(images * length);
            for (int i = 0; i < images; i++)
            {
                ColumnLowering.Unfold(g, source, image + i, worker.Padded, columns + (i * (nint)length));
            }

            return columns;
        }

        private readonly void Convolve(
            IntegerWorker worker, in PoolingGeometry g, in ImageSource<sbyte> source, int image, int images, int* target, int columns, int stride)
        {
            sbyte* rows = Unfold(worker, g, source, image, images);
            MatMulShape shape = new(images * g.OutputPixels, g.Taps * source.Slice, columns, false, false);
            target += (nint)image * g.OutputPixels * stride;
            if (columns == stride)
            {
                worker.Multiply(shape, rows, Weights, target);
                return;
            }

            int* result = worker.Result((long)shape.M * columns);
            worker.Multiply(shape, rows, Weights, result);
            Spread(result, shape.M, columns, target, stride);
        }

        private readonly void FoldGradient(IntegerWorker worker, int image, int images)
        {
            PoolingGeometry g = Shape.Windows;
            int length = g.Taps * Shape.GroupChannels;
            MatMulShape shape = new(images * g.OutputPixels, Shape.GroupOutputs, length, false, TransposeB: true);
            sbyte* first = Output.First + (image * Output.ImageStride);
            sbyte* dy = Gather(worker, first, shape.M);
            int* rows = worker.Result((long)shape.M * length);
            worker.Multiply(shape, dy, Weights, rows);
            for (int i = 0; i < images; i++)
            {
                int* target = Result + ((nint)(image + i) * g.InputPixels * Shape.Channels) + (Group * Shape.GroupChannels);
                ColumnLowering.Fold(g, Shape.GroupChannels, rows + ((nint)i * g.OutputPixels * length), target, Shape.Channels);
            }
        }

        private readonly void AddWeights(IntegerWorker worker, int image, int images)
        {
            PoolingGeometry g = Shape.Windows;
            sbyte* columns = Unfold(worker, g, Input, image, images);
            MatMulShape shape = new(g.Taps * Shape.GroupChannels, images * g.OutputPixels, Shape.GroupOutputs, TransposeA: true, false);
            sbyte* first = Weights + (((nint)image * g.OutputPixels * Shape.Outputs) + (Group * Shape.GroupOutputs));
            sbyte* dy = Gather(worker, first, shape.K);
            int* product = worker.Result((long)shape.M * shape.N);
            worker.Multiply(shape, columns, dy, product);
            ByteRun.Add(product, shape.M * shape.N, worker.Sum((long)shape.M * shape.N));
        }

        /// <summary>Rows of dy with the outputs of the group only.</summary>
        private readonly sbyte* Gather(IntegerWorker worker, sbyte* first, int rows)
        {
            if (Shape.GroupOutputs == Shape.Outputs)
            {
                return first;
            }

            sbyte* copy = worker.Operand((long)rows * Shape.GroupOutputs);
            for (int row = 0; row < rows; row++)
            {
                ByteRun.Copy(first + ((nint)row * Shape.Outputs), Shape.GroupOutputs, copy + ((nint)row * Shape.GroupOutputs));
            }

            return copy;
        }
    }

    private struct UnfoldJob : ITeamJob
    {
        public IntegerConvolutionEngine Engine;
        public PoolingGeometry Windows;
        public int Channels;
        public sbyte* Images;
        public sbyte* Columns;

        public readonly void Execute(int part, int participant)
        {
            ImageSource<sbyte> source = new()
            {
                First = Images,
                Height = Windows.Height,
                Width = Windows.Width,
                Channels = Channels,
                Slice = Channels,
            };
            sbyte* columns = Columns + ((nint)part * Windows.OutputPixels * Windows.Taps * Channels);
            ColumnLowering.Unfold(Windows, source, part, Engine.Worker(participant).Padded, columns);
        }
    }

    private struct FoldJob : ITeamJob
    {
        public PoolingGeometry Windows;
        public int Channels;
        public int* Columns;
        public int* Images;

        public readonly void Execute(int part, int participant)
        {
            int* columns = Columns + ((nint)part * Windows.OutputPixels * Windows.Taps * Channels);
            ColumnLowering.Fold(Windows, Channels, columns, Images + ((nint)part * Windows.InputPixels * Channels), Channels);
        }
    }
}
