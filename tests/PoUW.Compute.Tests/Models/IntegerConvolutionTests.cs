using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Tests.TileWork;
using PoUW.Compute.TileWork;
using PoUW.Core.Validation;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Convolutions and poolings in lane I: against plain loops, on every backend, and at the bounds of their sums.</summary>
public sealed class IntegerConvolutionTests
{
    private const int Samples = 6;
    private const int Classes = 4;
    private const int Channels = 2;
    private const int Side = 8;
    private const int RateShift = 13;

    // Paths: products with and without windows written out, strides, groups, overlapping windows, biases.
    private static readonly Part[][] Nets =
    [
        [new Part(Outputs: 3, Kernel: (3, 3), Pad: 1, Bias: true), Part.Maximum(2, 2, 0), new Part(4, (2, 3), (2, 1), 1), Part.Mean(2, 2, 0)],
        [new Part(4, (3, 2), (1, 2), 1, Groups: 2, Bias: true), Part.Maximum(3, 2, 1), new Part(6, (1, 1)), Part.Mean(3, 1, 1)],
        [new Part(5, (1, 1), (2, 2), Bias: true), new Part(5, (3, 3), (1, 1), 1, Groups: 5), new Part(3, (4, 4))],
    ];

    [Test]
    public void Two_steps_are_those_of_plain_loops([Range(0, 2)] int net, [Values(1, 2)] int seed)
    {
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(Spec(Nets[net]), Samples));
        (int[,,,] images, int[] labels) = Data(seed);
        SetInputs(runner, images, labels);
        runner.Initialise(seed);
        FillBiases(runner, seed);
        List<ReferenceLayer> layers = Reference(Nets[net], runner);
        for (int step = 0; step < 2; step++)
        {
            StepMetrics metrics = runner.Train(step, 1)[0];
            Assert.That(metrics.Correct, Is.EqualTo(ReferenceStep(layers, images, labels)));
        }

        ReferenceConvolution[] convolutions = [.. layers.OfType<ReferenceConvolution>()];
        for (int i = 0; i < convolutions.Length; i++)
        {
            Assert.That(ModelRuns.GetInt32(runner, $"c{i}.weight"), Is.EqualTo(convolutions[i].Weight.Cast<int>()), $"c{i}.weight");
            Assert.That(ModelRuns.GetMomentum(runner, $"c{i}.weight"), Is.EqualTo(convolutions[i].Velocity.Cast<int>()), $"c{i} momentum");
            if (convolutions[i].Bias is { } bias)
            {
                Assert.That(ModelRuns.GetInt32(runner, $"c{i}.bias"), Is.EqualTo(bias), $"c{i}.bias");
                Assert.That(ModelRuns.GetMomentum(runner, $"c{i}.bias"), Is.EqualTo(convolutions[i].BiasVelocity), $"c{i}.bias momentum");
            }
        }
    }

    [Test]
    public void Every_kernel_every_number_of_threads_and_the_machine_give_the_same_bits([Range(0, 2)] int net)
    {
        CompiledModel model = ModelRuns.Compile(Spec(Nets[net]) with { BatchSize = 4 }, Samples);
        string expected = Run(ModelRuns.EagerScalar(model));
        Assert.Multiple(() =>
        {
            foreach (CpuKernel kernel in Enum.GetValues<CpuKernel>().Where(CpuBackend.IsSupported))
            {
                foreach (int threads in new[] { 1, 2, 4 })
                {
                    using CpuBackend backend = new(kernel, threads);
                    Assert.That(Run(new EagerRunner(model, backend)), Is.EqualTo(expected), $"{kernel}, {threads} threads");
                    Assert.That(Run(new MachineRunner(model, backend)), Is.EqualTo(expected), $"machine, {kernel}, {threads} threads");
                }
            }
        });
    }

    [Test]
    public void A_convolution_of_512_products_draws_tickets_and_gives_the_same_bits()
    {
        CompiledModel model = ModelRuns.Compile(Spec([new Part(32, (3, 3), (1, 1), 1), new Part(32, (4, 4))]), Samples);
        TileWorkBench bench = new() { Current = TileWorkBench.Template(TileWorkBench.EasyTarget) };
        using CpuBackend inner = new();
        using TileWorkBackend mining = new(inner, bench, bench);
        Assert.That(Run(new MachineRunner(model, mining)), Is.EqualTo(Run(new EagerRunner(model, inner))));

        // Six images of 5 x 5 windows: five tiles of 32 rows in each of the four steps, the evaluation and the prediction.
        Assert.That(mining.TicketsDrawn, Is.EqualTo(6 * 5));
    }

    [Test]
    public void A_net_learns()
    {
        Part[] net = [new Part(12, (3, 3), (1, 1), 1), Part.Maximum(2, 2, 0), new Part(16, (3, 3))];
        TrainingSpec spec = Spec(net) with { BatchSize = 20, Optimiser = new IntegerMomentum(IntegerRateSchedule.FiveStage(120)) };
        using CpuBackend backend = new();
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(spec, 60), backend);
        (int[,,,] images, int[] labels) = Data(5, 60);
        SetInputs(runner, images, labels);
        runner.Initialise(1);
        runner.Train(0, 120);
        Assert.That(runner.Evaluate().Accuracy, Is.GreaterThan(0.9));
    }

    private static IEnumerable<TestCaseData> TooLongSums()
    {
        yield return new(new ImageInput(32_768, 4, 4), 1, new Conv2d(32_768, 2, 4), "an output sums 524288 products", "smaller kernel");
        yield return new(new ImageInput(1, 28, 28), 1024, new Conv2d(1, 2, 3, padding: 1), "a gradient of the weights sums 802816 products", "smaller batch");
        yield return new(
            new ImageInput(1, 6, 6), 1, new Conv2d(1, 20_972, 5), "an error of the input sums 524300 products", "fewer output channels");
        yield return new(
            new ImageInput(16_384, 4, 4), 1, new Conv2d(16_384, 2, 4, groups: 2), "an output sums 131072 products", "at most 131071");
        yield return new(
            new ImageInput(2, 28, 28), 168, new Conv2d(2, 2, 3, padding: 1, groups: 2), "a gradient of the weights sums 131712", "smaller batch");
        yield return new(
            new ImageInput(2, 6, 6), 1, new Conv2d(2, 10_486, 5, groups: 2), "an error of the input sums 131075", "fewer output channels");
        yield return new(new ImageInput(1, 1_024, 512), 1, null, "an output sums 524288 products", "fewer inputs");
    }

    [TestCaseSource(nameof(TooLongSums))]
    public void A_sum_that_could_overflow_is_refused_with_what_helps(ImageInput input, int batch, Module? layer, string sum, string remedy)
    {
        Module model = layer is null
            ? new Sequential(("flatten", new Flatten()), ("layer", new Linear(1_024 * 512, 2)))
            : new Sequential(("layer", layer), ("pool", new MaxPool2d(1)), ("flatten", new Flatten()), ("head", new Linear(HeadInputs(input, layer), 2)));
        TrainingSpec spec = new() { Model = model, Input = input, Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)), BatchSize = batch };
        ValidationResult result = ModelCompiler.TryCompile(spec, batch, VmLimits.Default, out _);
        Assert.That(result.Field, Is.EqualTo("layer"));
        Assert.That(result.Message, Does.Contain(sum).And.Contain(remedy));
    }

    [Test]
    public void Outputs_of_a_linear_layer_are_bounded_by_the_error_of_its_input()
    {
        TrainingSpec spec = Spec([]) with { Model = new Sequential(new Flatten(), new Linear(128, 1 << 19), new ReLU(), new Linear(1 << 19, 2)) };
        ValidationResult result = ModelCompiler.TryCompile(spec, Samples, VmLimits.Default, out _);
        Assert.That(result.Field, Is.EqualTo("1"));
        Assert.That(result.Message, Does.Contain("an error of the input sums 524288").And.Contain("fewer outputs"));
    }

    private static int HeadInputs(ImageInput input, Module layer)
    {
        Conv2d convolution = (Conv2d)layer;
        int Size(int side, int kernel, int pad) => side + (2 * pad) - kernel + 1;
        return convolution.OutChannels * Size(input.Height, convolution.KernelSize.Height, convolution.Padding.Height)
            * Size(input.Width, convolution.KernelSize.Width, convolution.Padding.Width);
    }

    private static string Run(ModelRunner runner)
    {
        (int[,,,] images, int[] labels) = Data(9);
        SetInputs(runner, images, labels);
        runner.Initialise(3);
        runner.Train(0, 4);
        StepMetrics metrics = runner.Evaluate();
        return FormattableString.Invariant($"{ModelRuns.HashOf(runner)} {metrics.Loss:R} {string.Join(' ', runner.Predict(1))}");
    }

    private static TrainingSpec Spec(IReadOnlyList<Part> parts)
    {
        List<(string Name, Module Module)> modules = [];
        (int channels, int height, int width, int weights) = (Channels, Side, Side, 0);
        for (int i = 0; i < parts.Count; i++)
        {
            Part part = parts[i];
            modules.Add((part.IsPool ? $"p{i}" : $"c{weights++}", part.Module(channels)));
            if (!part.IsPool)
            {
                modules.Add(($"relu{i}", new ReLU()));
            }

            (channels, height, width) = (part.IsPool ? channels : part.Outputs, part.SizeOf(height, part.Kernel.Y, part.Stride.Y), part.SizeOf(width, part.Kernel.X, part.Stride.X));
        }

        modules.Add(("flatten", new Flatten()));
        modules.Add(($"c{weights}", new Linear(channels * height * width, Classes)));
        return new TrainingSpec
        {
            Model = new Sequential(modules),
            Input = new ImageInput(Channels, Side, Side),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(RateShift)),
            BatchSize = Samples,
        };
    }

    private static List<ReferenceLayer> Reference(IReadOnlyList<Part> parts, ModelRunner runner)
    {
        List<ReferenceLayer> layers = [];
        int weights = 0;
        (int height, int width) = (Side, Side);
        foreach (Part part in parts)
        {
            layers.Add(part.IsPool
                ? new ReferencePool(part.Kernel.Y, part.Stride.Y, part.Pad, part.IsMaximum)
                : Convolution(runner, weights++, (part.Kernel.Y, part.Kernel.X), part.Stride, part.Pad, part.Groups, isLast: false));
            if (!part.IsPool)
            {
                layers.Add(new ReferenceRelu());
            }

            (height, width) = (part.SizeOf(height, part.Kernel.Y, part.Stride.Y), part.SizeOf(width, part.Kernel.X, part.Stride.X));
        }

        layers.Add(Convolution(runner, weights, (height, width), (1, 1), 0, 1, isLast: true));
        return layers;
    }

    private static ReferenceConvolution Convolution(
        ModelRunner runner, int index, (int Y, int X) kernel, (int Y, int X) stride, int pad, int groups, bool isLast)
    {
        string name = $"c{index}";
        int[] flat = ModelRuns.GetInt32(runner, $"{name}.weight");
        int outputs = ModelRuns.ShapeOf(runner, $"{name}.weight")[0];
        int[,,,] weight = new int[outputs, flat.Length / outputs / kernel.Y / kernel.X, kernel.Y, kernel.X];
        Buffer.BlockCopy(flat, 0, weight, 0, flat.Length * sizeof(int));
        bool hasBias = runner.State.Any(s => s.Name == $"{name}.bias");
        int[]? bias = hasBias ? ModelRuns.GetInt32(runner, $"{name}.bias") : null;
        int exponent = isLast ? -7 : -6 - ((int)Math.Floor(Math.Log2(weight.Length / outputs)) / 2);
        return new ReferenceConvolution(weight, bias, exponent, stride, pad, groups);
    }

    private static long ReferenceStep(List<ReferenceLayer> layers, int[,,,] images, int[] labels)
    {
        (int[,,,] value, int exponent) = (images, -6);
        foreach (ReferenceLayer layer in layers)
        {
            (value, exponent) = layer.Forward(value, exponent);
        }

        int[,,,] error = new int[labels.Length, Classes, 1, 1];
        long correct = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            int[] row = [.. Enumerable.Range(0, Classes).Select(j => value[i, j, 0, 0])];
            correct += Array.IndexOf(row, row.Max()) == labels[i] ? 1 : 0;
            long[] powers = [.. row.Select(o => SoftmaxBase2.Power(SoftmaxBase2.Log2Power(o, row.Max(), exponent)))];
            for (int j = 0; j < Classes; j++)
            {
                int e = (int)((powers[j] << 11) / powers.Sum()) - (j == labels[i] ? 2048 : 0);
                error[i, j, 0, 0] = (int)Math.Clamp(IntegerRounding.Psto(e, 5), -63, 63);
            }
        }

        foreach (ReferenceLayer layer in layers.AsEnumerable().Reverse())
        {
            error = layer.Backward(error);
        }

        layers.ForEach(static layer => layer.Update(RateShift));
        return correct;
    }

    private static (int[,,,] Images, int[] Labels) Data(int seed, int count = Samples)
    {
        Random random = new(seed);
        int[,,,] images = new int[count, Channels, Side, Side];
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => random.Next(Classes))];
        for (int n = 0; n < count; n++)
        {
            for (int c = 0; c < Channels; c++)
            {
                for (int p = 0; p < Side * Side; p++)
                {
                    int quadrant = (p / Side / (Side / 2) * 2) + (p % Side / (Side / 2));
                    images[n, c, p / Side, p % Side] = (quadrant == labels[n] ? 24 : 0) + random.Next(40);
                }
            }
        }

        return (images, labels);
    }

    private static void SetInputs(ModelRunner runner, int[,,,] images, int[] labels)
    {
        Tensor pixels = new(TensorType.Int8, labels.Length, Channels * Side * Side);
        for (int i = 0; i < pixels.Length; i++)
        {
            (int position, int channel) = Math.DivRem(i, Channels);
            pixels.Int8[i] = (sbyte)images[position / (Side * Side), channel, position / Side % Side, position % Side];
        }

        Tensor classes = new(TensorType.UInt8, labels.Length, 1);
        for (int i = 0; i < labels.Length; i++)
        {
            classes.UInt8[i] = (byte)labels[i];
        }

        runner.SetInput("images", pixels);
        runner.SetInput("labels", classes);
        runner.SetOrder(Core.Primitives.Hash256.Zero);
    }

    /// <summary>Biases start at zero, which would show little.</summary>
    private static void FillBiases(ModelRunner runner, int seed)
    {
        Random random = new(seed);
        foreach ((string name, Tensor tensor) in runner.State)
        {
            for (int i = 0; name.EndsWith(".bias", StringComparison.Ordinal) && i < tensor.Length; i++)
            {
                tensor.Int32[i] = random.Next(-(63 << 16), 63 << 16);
            }
        }
    }

    /// <summary>A convolution, or a pooling if it has no outputs.</summary>
    private sealed record Part(
        int Outputs, (int Y, int X) Kernel, (int Y, int X) Stride = default, int Pad = 0, int Groups = 1, bool Bias = false, bool IsMaximum = false)
    {
        public (int Y, int X) Stride { get; } = Stride == default ? (1, 1) : Stride;

        public bool IsPool => Outputs == 0;

        public static Part Maximum(int kernel, int stride, int pad) => new(0, (kernel, kernel), (stride, stride), pad, IsMaximum: true);

        public static Part Mean(int kernel, int stride, int pad) => new(0, (kernel, kernel), (stride, stride), pad);

        public int SizeOf(int side, int kernel, int stride) => ((side + (2 * Pad) - kernel) / stride) + 1;

        public Module Module(int channels) => this switch
        {
            { IsPool: false } => new Conv2d(channels, Outputs, Kernel, Stride, Pad, Groups, Bias),
            { IsMaximum: true } => new MaxPool2d(Kernel, Stride, Pad),
            _ => new AvgPool2d(Kernel, Stride, Pad),
        };
    }
}
