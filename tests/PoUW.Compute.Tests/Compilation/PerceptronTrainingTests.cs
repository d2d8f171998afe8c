using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Tests.Models;
using PoUW.Core.Primitives;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tracing;

namespace PoUW.Compute.Tests.Compilation;

[TestFixture]
public sealed class PerceptronTrainingTests
{
    // All of them are older than the compiler of models: its predecessor, which wrote perceptrons only, gave the same bits.
    private const string PinnedStart = "245e28cbbf7f7522feea45bc278011d2c6823b7bc94a5be9b8fcb33b90d6cd32";
    private const string PinnedState = "5d59852bb83f07d7bb91d0388c647ddb1b9c3237aad6f777290b2314e0126b21";
    private static readonly long[] PinnedOutputs = [3472694, 5, 32, 3473173, 5, 32, 3477653, 4, 32];

    private static readonly Dataset Synthetic = SyntheticImages.Create(10, 200, 8, seed: 5);

    [Test]
    public void ThreeStepsGiveThePinnedBitsOnEveryBackend()
    {
        List<ITensorBackend> backends = [new ScalarBackend()];
        backends.AddRange(Enum.GetValues<CpuKernel>().Where(CpuBackend.IsSupported).Select(k => new CpuBackend(k)));
        Assert.Multiple(() =>
        {
            foreach (ITensorBackend backend in backends)
            {
                Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
                TestTraining.Run(machine, "init", 42);
                Assert.That(ModelRuns.HashOf(machine.State), Is.EqualTo(PinnedStart), backend.ToString());
                Assert.That(TestTraining.Run(machine, "train", 0, 3), Is.EqualTo(PinnedOutputs), backend.ToString());
                Assert.That(ModelRuns.HashOf(machine.State), Is.EqualTo(PinnedState), backend.ToString());
                Assert.That(TestTraining.Run(machine, "evaluate", 0, 200), Is.EqualTo(new long[] { 29, 21707743, 200 }), backend.ToString());
            }
        });
    }

    [Test]
    public void TheProgramIsPinned()
    {
        using CpuBackend backend = new();
        Assert.That(TestTraining.Create(TestTraining.Small, Synthetic, backend).Program.Hash.ToString()[..16], Is.EqualTo("c80d8d8baff387ab"));
    }

    [Test]
    public void StepsMayBeSplitOverRunsAndMachines()
    {
        using CpuBackend backend = new();
        Machine whole = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        TestTraining.Run(whole, "init", 1);
        IReadOnlyList<long> all = TestTraining.Run(whole, "train", 0, 20);

        Machine first = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        TestTraining.Run(first, "init", 1);
        IReadOnlyList<long> head = TestTraining.Run(first, "train", 0, 7);
        Machine second = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        Assert.That(second.ImportState(first.ExportState()).IsValid);
        IReadOnlyList<long> tail = TestTraining.Run(second, "train", 7, 13);
        Assert.Multiple(() =>
        {
            Assert.That(second.StateRoot(), Is.EqualTo(whole.StateRoot()));
            Assert.That(head.Concat(tail), Is.EqualTo(all));
            Assert.That(all, Has.Count.EqualTo(20 * ModelProgram.OutputsPerStep));
        });
    }

    [Test]
    public void EveryBackendContinuesWhatAnotherBegan()
    {
        List<ITensorBackend> backends = [new ScalarBackend()];
        backends.AddRange(Enum.GetValues<CpuKernel>().Where(CpuBackend.IsSupported).Select(k => new CpuBackend(k)));
        Machine whole = TestTraining.Create(TestTraining.Small, Synthetic, backends[0]);
        TestTraining.Run(whole, "init", 1);
        IReadOnlyList<long> all = TestTraining.Run(whole, "train", 0, 4);
        Assert.Multiple(() =>
        {
            foreach (ITensorBackend from in backends)
            {
                Machine first = TestTraining.Create(TestTraining.Small, Synthetic, from);
                TestTraining.Run(first, "init", 1);
                IReadOnlyList<long> head = TestTraining.Run(first, "train", 0, 2);
                byte[] state = first.ExportState();
                foreach (ITensorBackend to in backends)
                {
                    Machine second = TestTraining.Create(TestTraining.Small, Synthetic, to);
                    Assert.That(second.ImportState(state).IsValid);
                    Assert.That(head.Concat(TestTraining.Run(second, "train", 2, 2)), Is.EqualTo(all), $"{from} to {to}");
                    Assert.That(second.StateRoot(), Is.EqualTo(whole.StateRoot()), $"{from} to {to}");
                }
            }
        });
        backends.OfType<IDisposable>().ToList().ForEach(static backend => backend.Dispose());
    }

    [Test]
    public void EveryBackendGivesTheSameTrace()
    {
        HashSet<Hash256> roots = [];
        List<ITensorBackend> backends = [new ScalarBackend()];
        backends.AddRange(Enum.GetValues<CpuKernel>().Where(CpuBackend.IsSupported).Select(k => new CpuBackend(k)));
        foreach (ITensorBackend backend in backends)
        {
            Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
            TestTraining.Run(machine, "init", 1);
            TracedRun run = machine.Trace("train", [0, 1], long.MaxValue);
            Assert.That(run.Result.IsHalted, run.Result.Message);
            roots.Add(run.Trace!.Root);
            (backend as IDisposable)?.Dispose();
        }

        Assert.That(roots, Has.Count.EqualTo(1));
    }

    [Test]
    public void SeedOrderKeyAndStepsChangeTheResult()
    {
        using CpuBackend backend = new();
        HashSet<Hash256> roots = [];
        foreach ((int seed, int first, int key) in new[] { (1, 0, 1), (2, 0, 1), (1, 1, 1), (1, 0, 2) })
        {
            Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
            Tensor order = new(TensorType.UInt8, 32, 1);
            order.UInt8.Fill((byte)key);
            machine.SetInput(ModelProgram.OrderKey, order);
            TestTraining.Run(machine, "init", seed);
            TestTraining.Run(machine, "train", first, 2);
            roots.Add(machine.StateRoot());
        }

        Assert.That(roots, Has.Count.EqualTo(4));
    }

    [Test]
    public void LearnsTheSyntheticClasses()
    {
        using CpuBackend backend = new();
        TrainingSpec spec = TestTraining.Perceptron(8, [32, 10], 50, IntegerRateSchedule.ThreeStage(10, 6));
        Dataset train = SyntheticImages.Create(10, 500, 8, seed: 3);
        Dataset test = SyntheticImages.Create(10, 120, 8, seed: 3, firstSample: 500);
        Machine machine = TestTraining.Create(spec, train, backend);
        TestTraining.Run(machine, "init", 1);
        TestTraining.Run(machine, "train", 0, 60);
        Machine evaluator = TestTraining.Create(spec, test, backend);
        Assert.That(evaluator.ImportState(machine.ExportState()).IsValid);
        Assert.That(TestTraining.Run(evaluator, "evaluate", 0, 120)[0], Is.GreaterThan(110));
    }

    [Test]
    public void LearnsRealImages()
    {
        Assert.That(
            IdxReader.TryReadDataset(
                SampleData.Path("train-images-idx3-ubyte.gz"), SampleData.Path("train-labels-idx1-ubyte.gz"), DataLimits.Default,
                out Dataset? data).ToString(),
            Is.EqualTo("Ok"));
        using CpuBackend backend = new();
        TrainingSpec spec = TestTraining.Perceptron(28, [64, 10], 512, [new(0, 14), new(24, 12), new(32, 10)]);
        Machine machine = TestTraining.Create(spec, data!, backend);
        TestTraining.Run(machine, "init", 7);
        IReadOnlyList<long> outputs = TestTraining.Run(machine, "train", 0, 40);
        Assert.Multiple(() =>
        {
            Assert.That(outputs[117] * 3, Is.LessThan(outputs[0]), "The loss must fall to below a third.");
            Assert.That(outputs[118], Is.GreaterThan(330), "Of 512 samples of the last step.");
            Assert.That(outputs[119], Is.EqualTo(512));
        });
    }

    [Test]
    public void EvaluateCountsEveryRowOnce()
    {
        using CpuBackend backend = new();
        Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        TestTraining.Run(machine, "init", 3);
        TestTraining.Run(machine, "train", 0, 30);
        IReadOnlyList<long> all = TestTraining.Run(machine, "evaluate", 0, 200);
        IReadOnlyList<long> aligned = TestTraining.Run(machine, "evaluate", 0, 64);
        IReadOnlyList<long> rest = TestTraining.Run(machine, "evaluate", 64, 136);
        Assert.Multiple(() =>
        {
            Assert.That(aligned[0] + rest[0], Is.EqualTo(all[0]));
            Assert.That(aligned[1] + rest[1], Is.EqualTo(all[1]));
            Assert.That(TestTraining.Run(machine, "evaluate", 5, 0), Is.EqualTo(new[] { 0L, 0L, 0L }));
            Assert.That(TestTraining.Run(machine, "evaluate", 199, 1)[0], Is.InRange(0, 1));
        });
    }

    [TestCase(199, 2)]
    [TestCase(-1, 5)]
    public void EvaluateOutsideTheDataTraps(long first, long count)
    {
        using CpuBackend backend = new();
        Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        Assert.That(machine.Run("evaluate", [first, count], long.MaxValue).Outcome, Is.EqualTo(VmOutcome.Trapped));
    }

    [Test]
    public void NegativeStepsTrap()
    {
        using CpuBackend backend = new();
        Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        Assert.That(machine.Run("train", [-1, 1], long.MaxValue).Trap, Is.EqualTo(VmTrap.ArgumentOutOfRange));
    }

    [Test]
    public void SteadyTrainingAllocatesAlmostNothing()
    {
        using CpuBackend backend = new();
        Machine machine = TestTraining.Create(TestTraining.Small, Synthetic, backend);
        TestTraining.Run(machine, "init", 3);
        TestTraining.Run(machine, "train", 0, 6);
        long before = GC.GetAllocatedBytesForCurrentThread();
        machine.Run("train", [0, 6], long.MaxValue);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2000), "Only the result and its list.");
    }

    /// <summary>The first step of a one-layer model, written out with plain loops.</summary>
    [Test]
    public void OneStepFollowsTheFormulas()
    {
        using CpuBackend backend = new();
        Dataset data = SyntheticImages.Create(3, 4, 2, seed: 1);
        TrainingSpec spec = TestTraining.Perceptron(2, [3], 4, IntegerRateSchedule.Constant(12));
        Machine machine = TestTraining.Create(spec, data, backend);
        TestTraining.Run(machine, "init", 8);
        int[] master = machine.Slot("fc1.weight").Int32.ToArray();
        IReadOnlyList<long> outputs = TestTraining.Run(machine, "train", 0, 1);
        (int[] expected, int correct) = ReferenceStep.Run(data, master);
        Assert.Multiple(() =>
        {
            Assert.That(machine.Slot("fc1.weight").Int32.ToArray(), Is.EqualTo(expected));
            Assert.That(outputs[1], Is.EqualTo(correct));
        });
    }
}
