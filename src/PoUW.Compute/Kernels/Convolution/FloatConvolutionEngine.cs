using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// Convolutions without im2col: in NHWC the taps of one row of a window are contiguous floats, so the micro kernel of the product reads
/// them from (padded) images as segments of its inner dimension. Vectors run over output channels, register rows over pixels (forward and
/// input gradient) or over weights (weight gradient).
/// </summary>
internal sealed unsafe class FloatConvolutionEngine<TLane, TVector> : IFloatConvolution
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats of padded images that the weight gradient holds at a time.</summary>
    private const long PaddedFloats = 1 << 22;

    private readonly MicroKernelTable<TLane, TVector> _kernels = new();
    private readonly ScratchBuffer[] _memory;
    private readonly ScratchBuffer _panels = new();
    private readonly ScratchBuffer _offsets = new();
    private readonly ScratchBuffer _padded = new();
    private readonly ScratchBuffer _tail = new();

    /// <summary>Makes an engine for teams of at most so many participants.</summary>
    public FloatConvolutionEngine(int participants)
    {
        _memory = new ScratchBuffer[participants];
        for (int i = 0; i < participants; i++)
        {
            _memory[i] = new ScratchBuffer();
        }
    }

    private static int Panel => PanelPacker<TLane, TVector>.Panel;

    public void Forward(in ConvolutionShape shape, float* y, float* x, float* w, ThreadTeam team)
    {
        PoolingGeometry g = shape.Windows;
        for (int group = 0; group < shape.Passes; group++)
        {
            GatherPlan plan = new()
            {
                Source = Images(shape, x, group),
                Images = g.Batch,
                Lines = g.OutputHeight,
                Pixels = g.OutputWidth,
                FirstRow = -g.PadHeight,
                RowStep = g.StrideHeight,
                RowSpan = g.KernelHeight,
                FirstColumn = -g.PadWidth,
                ColumnStep = g.StrideWidth,
                ColumnSpan = g.KernelWidth,
                Segments = g.KernelHeight,
                Length = g.KernelWidth * shape.GroupChannels,
                Columns = shape.PassOutputs,
                Target = y + (group * shape.GroupOutputs),
                TargetImage = (nint)g.OutputPixels * shape.Outputs,
                TargetLine = (nint)g.OutputWidth * shape.Outputs,
                TargetPixel = shape.Outputs,
            };
            if (shape.IsDepthwise)
            {
                RunDepthwise(shape, w, ref plan, team);
                continue;
            }

            if (PlanarJob<TLane, TVector>.Suits(plan))
            {
                RunPlanar(shape, w, group, ref plan, team);
                continue;
            }

            plan.ChooseSource(runsCrossPixels: g.KernelWidth > 1);
            plan.Offsets = Offsets(plan.Segments);
            for (int ky = 0; ky < g.KernelHeight; ky++)
            {
                plan.Offsets[ky] = ky * plan.RowLength;
            }

            plan.Panels = PackForward(shape, w, group);
            plan.JoinLines();
            GatherJob<TLane, TVector>.Run(plan, _kernels, _memory, team);
        }
    }

    public void InputGradient(in ConvolutionShape shape, float* dx, float* dy, float* w, ThreadTeam team)
    {
        PoolingGeometry g = shape.Windows;
        for (int group = 0; group < shape.Passes; group++)
        {
            for (int y = 0; y < Math.Min(g.StrideHeight, g.Height); y++)
            {
                for (int x = 0; x < Math.Min(g.StrideWidth, g.Width); x++)
                {
                    RunResidue(shape, dx, dy, w, group, y, x, team);
                }
            }
        }
    }

    public void WeightGradient(in ConvolutionShape shape, float* dw, float* dy, float* x, ThreadTeam team)
    {
        for (int group = 0; group < shape.Passes; group++)
        {
            WeightGradient(shape, group, dw, dy, x, team);
        }
    }

    public void Dispose()
    {
        foreach (ScratchBuffer memory in _memory)
        {
            memory.Dispose();
        }

        _panels.Dispose();
        _offsets.Dispose();
        _padded.Dispose();
        _tail.Dispose();
    }

    private static ImageSource<float> Images(in ConvolutionShape shape, float* x, int group) => new()
    {
        First = x + (group * shape.GroupChannels),
        Height = shape.Windows.Height,
        Width = shape.Windows.Width,
        Channels = shape.Channels,
        Slice = shape.PassChannels,
    };

    /// <summary>The forward pass with vectors over pixels. A single channel is its own plane, in which the taps of a row lie together.</summary>
    private void RunPlanar(in ConvolutionShape shape, float* w, int group, ref GatherPlan plan, ThreadTeam team)
    {
        bool joined = shape.GroupChannels == 1;
        int taps = joined ? plan.ColumnSpan : 1;
        plan.Segments = shape.Windows.Taps / taps;
        plan.Length = taps * shape.GroupChannels;
        plan.Offsets = Offsets(2 * plan.Segments);
        PlanarWeights weights = new()
        {
            First = w + (group * shape.GroupOutputs),
            RowStride = 1,
            Step = shape.Outputs,
            Offsets = plan.Offsets + plan.Segments,
        };
        for (int segment = 0; segment < plan.Segments; segment++)
        {
            int tap = segment * taps;
            plan.Offsets[segment] = (tap / plan.ColumnSpan * (nint)plan.PlanePitch) + (tap % plan.ColumnSpan);
            weights.Offsets[segment] = (nint)segment * plan.Length * shape.Outputs;
        }

        PlanarJob<TLane, TVector>.Run(plan, weights, _kernels, _memory, team);
    }

    private void RunPlanarResidue(
        in ConvolutionShape shape,
        float* w,
        int group,
        (int First, int Count) tapsY,
        (int First, int Count) tapsX,
        GatherPlan plan,
        ThreadTeam team)
    {
        plan.Offsets = Offsets(2 * plan.Segments);
        PlanarWeights weights = new()
        {
            First = w + (group * shape.GroupOutputs),
            RowStride = shape.Outputs,
            Step = 1,
            Offsets = plan.Offsets + plan.Segments,
        };
        for (int segment = 0; segment < plan.Segments; segment++)
        {
            (int iy, int ix) = (segment / tapsX.Count, segment % tapsX.Count);
            int ky = tapsY.First + (iy * shape.Windows.StrideHeight);
            int kx = tapsX.First + (ix * shape.Windows.StrideWidth);
            plan.Offsets[segment] = ((tapsY.Count - 1 - iy) * (nint)plan.PlanePitch) + (tapsX.Count - 1 - ix);
            weights.Offsets[segment] = ((ky * shape.Windows.KernelWidth) + kx) * (nint)shape.GroupChannels * shape.Outputs;
        }

        PlanarJob<TLane, TVector>.Run(plan, weights, _kernels, _memory, team);
    }

    private void RunDepthwise(in ConvolutionShape shape, float* w, ref GatherPlan plan, ThreadTeam team)
    {
        plan.Segments = shape.Windows.Taps;
        plan.Length = 1;
        plan.Panels = w;
        plan.Offsets = Offsets(2 * plan.Segments);
        nint* weights = plan.Offsets + plan.Segments;
        for (int tap = 0; tap < plan.Segments; tap++)
        {
            plan.Offsets[tap] = (tap / plan.ColumnSpan * plan.RowLength) + ((nint)(tap % plan.ColumnSpan) * plan.PixelLength);
            weights[tap] = (nint)tap * shape.Outputs;
        }

        DepthwiseJob<TLane, TVector>.Run(plan, weights, _memory, team);
    }

    private void RunDepthwiseResidue(
        in ConvolutionShape shape, float* w, (int First, int Count) tapsY, (int First, int Count) tapsX, GatherPlan plan, ThreadTeam team)
    {
        plan.Length = 1;
        plan.Panels = w;
        plan.Offsets = Offsets(2 * plan.Segments);
        nint* weights = plan.Offsets + plan.Segments;
        for (int segment = 0; segment < plan.Segments; segment++)
        {
            (int iy, int ix) = (segment / tapsX.Count, segment % tapsX.Count);
            int ky = tapsY.First + (iy * shape.Windows.StrideHeight);
            int kx = tapsX.First + (ix * shape.Windows.StrideWidth);
            plan.Offsets[segment] = ((tapsY.Count - 1 - iy) * plan.RowLength) + ((nint)(tapsX.Count - 1 - ix) * plan.PixelLength);
            weights[segment] = ((ky * shape.Windows.KernelWidth) + kx) * (nint)shape.Outputs;
        }

        DepthwiseJob<TLane, TVector>.Run(plan, weights, _memory, team);
    }

    private static void ClearPixels(in GatherPlan plan)
    {
        for (int image = 0; image < plan.Images; image++)
        {
            for (int line = 0; line < plan.Lines; line++)
            {
                float* target = plan.Target + (image * plan.TargetImage) + (line * plan.TargetLine);
                for (int pixel = 0; pixel < plan.Pixels; pixel++, target += plan.TargetPixel)
                {
                    new Span<float>(target, plan.Columns).Clear();
                }
            }
        }
    }

    private nint* Offsets(int count) => (nint*)_offsets.Reserve((long)count * (sizeof(nint) / sizeof(int)));

    private float* PackForward(in ConvolutionShape shape, float* w, int group)
    {
        int depth = shape.Windows.Taps * shape.GroupChannels;
        float* panels = ReservePanels(depth, shape.GroupOutputs);
        for (int column = 0; column < shape.GroupOutputs; column += Panel)
        {
            float* source = w + (group * shape.GroupOutputs) + column;
            int columns = Math.Min(Panel, shape.GroupOutputs - column);
            PanelPacker<TLane, TVector>.Columns(source, shape.Outputs, columns, depth, panels + ((nint)column * depth));
        }

        return panels;
    }

    private float* ReservePanels(int depth, int columns) =>
        (float*)_panels.Reserve((long)depth * ((columns + Panel - 1) / Panel) * Panel);

    /// <summary>
    /// The input gradient of the pixels (y + i * stride, x + j * stride): their taps are those of equal residues, and the windows of
    /// neighbours are neighbours, so it is a convolution of stride 1 on dy, with the taps in reverse.
    /// </summary>
    private void RunResidue(in ConvolutionShape shape, float* dx, float* dy, float* w, int group, int y, int x, ThreadTeam team)
    {
        PoolingGeometry g = shape.Windows;
        (int firstY, int tapsY) = Taps(y + g.PadHeight, g.StrideHeight, g.KernelHeight);
        (int firstX, int tapsX) = Taps(x + g.PadWidth, g.StrideWidth, g.KernelWidth);
        GatherPlan plan = new()
        {
            Source = new ImageSource<float>
            {
                First = dy + (group * shape.GroupOutputs),
                Height = g.OutputHeight,
                Width = g.OutputWidth,
                Channels = shape.Outputs,
                Slice = shape.PassOutputs,
            },
            Images = g.Batch,
            Lines = (g.Height - y + g.StrideHeight - 1) / g.StrideHeight,
            Pixels = (g.Width - x + g.StrideWidth - 1) / g.StrideWidth,
            FirstRow = ((y + g.PadHeight - firstY) / g.StrideHeight) - (tapsY - 1),
            RowStep = 1,
            RowSpan = tapsY,
            FirstColumn = ((x + g.PadWidth - firstX) / g.StrideWidth) - (tapsX - 1),
            ColumnStep = 1,
            ColumnSpan = tapsX,
            Segments = tapsY * tapsX,
            Length = shape.GroupOutputs,
            Columns = shape.PassChannels,
            Target = dx + (((y * g.Width) + x) * (nint)shape.Channels) + (group * shape.GroupChannels),
            TargetImage = (nint)g.InputPixels * shape.Channels,
            TargetLine = (nint)g.StrideHeight * g.Width * shape.Channels,
            TargetPixel = (nint)g.StrideWidth * shape.Channels,
        };
        if (plan.Segments == 0)
        {
            ClearPixels(plan);
            return;
        }

        if (shape.IsDepthwise)
        {
            RunDepthwiseResidue(shape, w, (firstY, tapsY), (firstX, tapsX), plan, team);
            return;
        }

        if (PlanarJob<TLane, TVector>.Suits(plan))
        {
            RunPlanarResidue(shape, w, group, (firstY, tapsY), (firstX, tapsX), plan, team);
            return;
        }

        plan.ChooseSource(runsCrossPixels: false);
        PackResidue(shape, w, group, (firstY, tapsY), (firstX, tapsX), ref plan);
        plan.JoinLines();
        GatherJob<TLane, TVector>.Run(plan, _kernels, _memory, team);
    }

    /// <summary>The first tap of a residue and the number of taps; 0 if the kernel is shorter than the residue.</summary>
    private static (int First, int Count) Taps(int position, int stride, int kernel)
    {
        int first = position % stride;
        return (first, first < kernel ? ((kernel - 1 - first) / stride) + 1 : 0);
    }

    /// <summary>Packs the transposed weights of the taps of a residue, and notes where in dy each tap lies.</summary>
    private void PackResidue(
        in ConvolutionShape shape, float* w, int group, (int First, int Count) tapsY, (int First, int Count) tapsX, ref GatherPlan plan)
    {
        PoolingGeometry g = shape.Windows;
        plan.Offsets = Offsets(plan.Segments);
        plan.Panels = ReservePanels(plan.Depth, plan.Columns);
        for (int segment = 0; segment < plan.Segments; segment++)
        {
            (int iy, int ix) = (segment / tapsX.Count, segment % tapsX.Count);
            plan.Offsets[segment] = ((tapsY.Count - 1 - iy) * plan.RowLength) + ((tapsX.Count - 1 - ix) * plan.PixelLength);
            int ky = tapsY.First + (iy * g.StrideHeight);
            int kx = tapsX.First + (ix * g.StrideWidth);
            float* source = w + (((ky * g.KernelWidth) + kx) * (nint)shape.GroupChannels * shape.Outputs) + (group * shape.GroupOutputs);
            for (int column = 0; column < plan.Columns; column += Panel)
            {
                float* panel = plan.Panels + ((nint)column * plan.Depth) + ((nint)segment * plan.Length * Panel);
                int columns = Math.Min(Panel, plan.Columns - column);
                PanelPacker<TLane, TVector>.TransposedColumns(
                    source + ((nint)column * shape.Outputs), shape.Outputs, columns, plan.Length, panel);
            }
        }
    }

    private void WeightGradient(in ConvolutionShape shape, int group, float* dw, float* dy, float* x, ThreadTeam team)
    {
        PoolingGeometry g = shape.Windows;
        ImageSource<float> source = Images(shape, x, group);
        int rows = ((g.OutputHeight - 1) * g.StrideHeight) + g.KernelHeight;
        int columns = ((g.OutputWidth - 1) * g.StrideWidth) + g.KernelWidth;
        bool direct = source.Contains(-g.PadHeight, rows, -g.PadWidth, columns)
            && (source.Slice == source.Channels || g.KernelWidth == 1);
        nint paddedImage = (nint)rows * columns * source.Slice;
        int images = direct ? g.Batch : (int)Math.Clamp(PaddedFloats / paddedImage, 1, g.Batch);
        WeightPlan plan = new()
        {
            KernelHeight = g.KernelHeight,
            RowsPerKernelLine = g.KernelWidth * shape.GroupChannels,
            Columns = shape.PassOutputs,
            SourceRow = direct ? (nint)g.Width * shape.Channels : (nint)columns * source.Slice,
            SourceStep = (nint)g.StrideWidth * (direct ? shape.Channels : source.Slice),
            OutputStride = shape.Outputs,
            Pixels = g.OutputWidth,
            Target = dw + (group * shape.GroupOutputs),
        };
        nint sourceImage = direct ? source.ImageStride : paddedImage;
        plan.Offsets = Offsets(images * g.OutputHeight);
        for (int line = 0; line < images * g.OutputHeight; line++)
        {
            plan.Offsets[line] = (line / g.OutputHeight * sourceImage) + (line % g.OutputHeight * g.StrideHeight * plan.SourceRow);
        }

        plan.Source = direct ? source.First : (float*)_padded.Reserve(images * paddedImage);
        for (int image = 0; image < g.Batch; image += images)
        {
            int count = Math.Min(images, g.Batch - image);
            if (!direct)
            {
                team.Run(count, new PadJob<float>
                {
                    Source = source,
                    Image = image,
                    Row = -g.PadHeight,
                    Rows = rows,
                    Column = -g.PadWidth,
                    Columns = columns,
                    Destination = plan.Source,
                });
            }

            plan.Outputs = dy + (image * (nint)g.OutputPixels * shape.Outputs) + (group * shape.GroupOutputs);
            plan.Lines = count * g.OutputHeight;
            plan.Load = image > 0;
            plan.Last = image + count == g.Batch;
            if (shape.IsDepthwise)
            {
                DepthwiseWeightJob<TLane, TVector>.Run(plan, g.KernelWidth, team);
                continue;
            }

            PlaceTail(shape, ref plan, dy + (g.OutputRows * shape.Outputs));
            WeightJob<TLane, TVector>.Run(plan, _kernels, _memory, team);
        }
    }

    /// <summary>Copies the lines of dy behind which vectors would run over the end of the tensor.</summary>
    private void PlaceTail(in ConvolutionShape shape, ref WeightPlan plan, float* end)
    {
        nint line = (nint)plan.Pixels * plan.OutputStride;
        int width = (plan.Columns + TLane.Width - 1) / TLane.Width * TLane.Width;
        int lines = 0;
        while (lines < plan.Lines && plan.Outputs + ((plan.Lines - lines) * line) - plan.OutputStride + width > end)
        {
            lines++;
        }

        plan.DirectLines = plan.Lines - lines;
        if (lines > 0)
        {
            plan.Tail = (float*)_tail.Reserve((lines * line) + Panel);
            float* source = plan.Outputs + (plan.DirectLines * line);
            for (int pixel = 0; pixel < lines * plan.Pixels; pixel++)
            {
                nint place = (nint)pixel * plan.OutputStride;
                new ReadOnlySpan<float>(source + place, plan.Columns).CopyTo(new Span<float>(plan.Tail + place, plan.Columns));
            }
        }
    }
}
