using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.TileWork;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>Training that draws tickets gives the bits of training that does not, and its operands win as often as any others.</summary>
public sealed class TrainingTests
{
    private const int Steps = 4;

    [Test]
    public void TicketsChangeNoBitOfTheWeights([Values] bool convolutional, [Values(1, 2)] int threads)
    {
        using var plain = new CpuBackend();
        using var inner = new CpuBackend();
        var bench = new TileWorkBench { Current = TileWorkBench.Template(1) };
        using var mining = new TileWorkBackend(inner, bench, bench, new TileWorkOptions { Threads = threads });
        byte[] expected = Train(convolutional, plain);
        Assert.That(Train(convolutional, mining), Is.EqualTo(expected));
        Assert.That(mining.TicketsDrawn, Is.Positive);
    }

    [Test]
    public void AllOperandsWinAlikeAndTicketsAreUniform()
    {
        const int k = 1024, edge = 256, total = 1 << 15;
        var operands = new (string Name, sbyte[] A, sbyte[] B)[]
        {
            ("random", TileWorkBench.Operand(edge * k, 1), TileWorkBench.Operand(k * edge, 2)),
            ("zero", new sbyte[edge * k], new sbyte[k * edge]),
            ("rank 1", RankOne(edge, k, 3), RankOne(k, edge, 4)),
            ("sparse", Sparse(edge * k, 5), Sparse(k * edge, 6)),
        };
        var shape = new TileWorkShape(edge, edge, k, false, false);
        List<(string Name, TileWorkShape Shape, sbyte[] A, sbyte[] B)> cases = [.. operands.Select(x => (x.Name, shape, x.A, x.B))];
        cases.Add(TrainingOperands());
        Dictionary<string, double> rates = [];
        foreach ((string name, TileWorkShape dims, sbyte[] a, sbyte[] b) in cases)
        {
            int[] bytes = new int[256];
            (int wins, int tickets) = (0, 0);
            for (int salt = 0; tickets < total; salt++)
            {
                using var run = new TileRun(
                    TileKernels.Create(TileKernels.Supported.First()), dims, a, b, Template(salt));
                foreach (WinningTile tile in run.Tiles.Take(total - tickets))
                {
                    byte top = tile.Ticket.ToArray()[0];
                    bytes[top]++;
                    wins += top < 4 ? 1 : 0;
                    tickets++;
                }
            }

            double z = (wins - (total / 64.0)) / Math.Sqrt(total / 64.0 * 63 / 64);
            Assert.That(Math.Abs(z), Is.LessThan(4), name);
            rates[name] = z;
            double expected = total / 256.0;
            double chiSquare = bytes.Sum(n => (n - expected) * (n - expected) / expected);
            Assert.That(chiSquare, Is.InRange(255 - (5 * 22.6), 255 + (5 * 22.6)), name);
        }

        foreach ((double x, double y) in rates.Values.SelectMany(x => rates.Values.Select(y => (x, y))))
        {
            Assert.That(Math.Abs(x - y) / Math.Sqrt(2), Is.LessThan(4), "pairwise");
        }
    }

    [Test]
    public void AFractionOfTheTilesWinsThatFraction()
    {
        var shape = new TileWorkShape(256, 512, 1024, false, false);
        sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, 1);
        sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, 2);
        const int columns = 4, products = 200;
        (int wins, long tickets) = (0, 0);
        for (int salt = 0; salt < products; salt++)
        {
            using var run = new TileRun(TileKernels.Create(TileKernels.Supported.First()), shape, a, b, Template(salt), columns);
            wins += run.Tiles.Count(static t => t.Ticket.ToArray()[0] < 4);
            tickets += run.Tickets;
        }

        double whole = products * shape.TileRows * shape.TileColumns / 64.0;
        double fraction = columns / (double)shape.TileColumns;
        Assert.That(tickets, Is.EqualTo(products * shape.TileRows * columns));
        Assert.That(Math.Abs(wins - (whole * fraction)) / Math.Sqrt(whole * fraction), Is.LessThan(4));
    }

    [Test]
    public void ASteadyStateAllocatesNextToNothing()
    {
        var bench = new TileWorkBench { Current = TileWorkBench.Template(1) };
        using var inner = new CpuBackend();
        using var backend = new TileWorkBackend(inner, bench, bench);
        Tensor a = new(TensorType.Int8, 128, 1024), b = new(TensorType.Int8, 1024, 96), c = new(TensorType.Int32, 128, 96);
        long least = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            a.Int8[i] = (sbyte)i;
            b.Int8[2 * i] = (sbyte)i;
            long before = GC.GetAllocatedBytesForCurrentThread();
            backend.MatMul(new MatMulShape(128, 1024, 96, false, false, TileWork: true), a, b, c);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.That(least, Is.LessThan(8 * 1024), "keys, seeds and cipher contexts only; every matrix buffer is reused");
    }

    private static WorkTemplate Template(int salt) =>
        WorkTemplate.Unbound(TileWorkBench.ChainId, BitConverter.GetBytes(salt), TileWorkBench.EasyTarget);

    private static byte[] Train(bool convolutional, ITensorBackend backend)
    {
        const int side = 24, classes = 4;
        TrainingSpec spec = new()
        {
            Model = convolutional
                ? new Sequential(
                    new Conv2d(1, 8, 3), new ReLU(), new MaxPool2d(2), new Conv2d(8, 32, 3), new ReLU(), new Flatten(), new Linear(2592, classes))
                : new Sequential(new Flatten(), new Linear(side * side, 64), new ReLU(), new Linear(64, 40), new ReLU(), new Linear(40, classes)),
            Input = new ImageInput(1, side, side),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(11)),
            BatchSize = convolutional ? 64 : 512,
            MaskSeed = 5,
        };
        Dataset data = SyntheticImages.Create(classes, 512, side, seed: 3);
        Assert.That(ModelCompiler.TryCompile(spec, data.Count, VmLimits.Default, out CompiledModel? compiled).IsValid, Is.True);
        var runner = new EagerRunner(compiled!, backend);
        Assert.That(runner.TrySetData(data).IsValid, Is.True);
        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        Assert.That(runner.Train(0, Steps).Count(), Is.EqualTo(Steps));
        return [.. runner.State.SelectMany(static s => s.Tensor.Bytes.ToArray())];
    }

    // The first layer of the perceptron after some steps.
    private static (string Name, TileWorkShape Shape, sbyte[] A, sbyte[] B) TrainingOperands()
    {
        using var inner = new CpuBackend();
        var recording = new RecordingBackend(inner);
        Train(false, recording);
        (MatMulShape shape, sbyte[] a, sbyte[] b) = recording.Last!.Value;
        return ("training", new TileWorkShape(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB), a, b);
    }

    private static sbyte[] RankOne(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        sbyte[] left = [.. Enumerable.Range(0, rows).Select(_ => (sbyte)random.Next(-7, 8))];
        sbyte[] right = [.. Enumerable.Range(0, columns).Select(_ => (sbyte)random.Next(-9, 10))];
        return [.. Enumerable.Range(0, rows * columns).Select(i => (sbyte)(left[i / columns] * right[i % columns]))];
    }

    private static sbyte[] Sparse(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(10) == 0 ? (sbyte)random.Next(-63, 64) : (sbyte)0)];
    }

    /// <summary>Keeps the operands of the last forward product of the first layer.</summary>
    private sealed class RecordingBackend(ITensorBackend inner) : ITensorBackend
    {
        public (MatMulShape Shape, sbyte[] A, sbyte[] B)? Last { get; private set; }

        public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
        {
            if (shape.TileWork && shape.K == 576 && shape.N == 64 && !shape.TransposeA)
            {
                Last = (shape, a.Int8.ToArray(), b.Int8.ToArray());
            }

            inner.MatMul(shape, a, b, c);
        }

        public long Run(TensorOp operation, in TensorCall call) => inner.Run(operation, call);

        public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => inner.MemCopy(rows, destination, source);

        public void Checkpoint(string name, IReadOnlyList<Tensor> state) => inner.Checkpoint(name, state);
    }
}
