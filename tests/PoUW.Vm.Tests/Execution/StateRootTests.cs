using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.Operations;
using PoUW.Vm.Tests.State;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Execution;

/// <summary>A machine's root must never be older than its state, whoever wrote it.</summary>
[TestFixture]
public sealed class StateRootTests
{
    private static IEnumerable<string> Names => CallSamples.Names;

    [Test]
    public void FollowsEveryRun([Values(1, 2)] int seed)
    {
        Random random = new(seed);
        Machine machine = StatefulProgram.Create();
        for (int i = 0; i < 60; i++)
        {
            switch (random.Next(4))
            {
                case 0:
                    StatefulProgram.Run(machine, "step", i);
                    break;
                case 1:
                    int count = random.Next(8);
                    StatefulProgram.Run(machine, "copy", random.Next(41 - count), random.Next(41 - count), count);
                    break;
                case 2:
                    StatefulProgram.Run(machine, "product");
                    break;
                default:
                    Assert.That(machine.Run("bad", [], long.MaxValue).Outcome, Is.EqualTo(VmOutcome.Trapped));
                    break;
            }

            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)), $"run {i}");
        }
    }

    [TestCaseSource(nameof(Names))]
    public void FollowsEveryOperation(string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        CallSamples.Sample sample = CallSamples.Of(name);
        Machine machine = MachineOf(op, sample);
        Hash256 before = machine.StateRoot();
        VmResult result = machine.Run("main", [], long.MaxValue);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsHalted, result.Message);
            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)));
            Assert.That(machine.StateRoot(), Is.Not.EqualTo(before), "the sample changes its destination");
        });
    }

    [Test]
    public void FollowsTheHostAfterItGotATensor()
    {
        Machine machine = StatefulProgram.Create();
        machine.StateRoot();
        Tensor w = machine.Slot("w");
        for (int i = 0; i < 3; i++)
        {
            Hash256 before = machine.StateRoot();
            w.Int8[i * 700] ^= 1;
            Assert.That(machine.StateRoot(), Is.Not.EqualTo(before), $"write {i}");
            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)), $"write {i}");
        }
    }

    [Test]
    public void FollowsTheHostAfterItGotTheState()
    {
        Machine machine = StatefulProgram.Create();
        machine.StateRoot();
        IReadOnlyList<(string Name, Tensor Tensor)> state = machine.State;
        machine.StateRoot();
        foreach ((string name, Tensor tensor) in state)
        {
            tensor.Bytes[^1] ^= 1;
            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)), name);
        }
    }

    [Test]
    public void FollowsAnImport()
    {
        Machine first = StatefulProgram.Create();
        Machine second = StatefulProgram.Create();
        StatefulProgram.Run(first, "step", 5);
        Hash256 before = second.StateRoot();
        Assert.That(second.ImportState(first.ExportState()).IsValid);
        Assert.Multiple(() =>
        {
            Assert.That(second.StateRoot(), Is.Not.EqualTo(before));
            Assert.That(second.StateRoot(), Is.EqualTo(first.StateRoot()));
        });
    }

    [Test]
    public void ContinuesElsewhereWithTheSameResult()
    {
        Machine whole = StatefulProgram.Create();
        List<long> expected = Steps(whole, 0, 8);
        Machine first = StatefulProgram.Create();
        List<long> outputs = Steps(first, 0, 3);
        Machine second = StatefulProgram.Create();
        Steps(second, 20, 5);
        Assert.That(second.ImportState(first.ExportState()).IsValid);
        outputs.AddRange(Steps(second, 3, 5));
        Assert.Multiple(() =>
        {
            Assert.That(outputs, Is.EqualTo(expected));
            Assert.That(second.StateRoot(), Is.EqualTo(whole.StateRoot()));
            Assert.That(second.ExportState(), Is.EqualTo(whole.ExportState()));
        });
    }

    [Test]
    public void FollowsABackendThatBringsResultsHomeAtTheCheckpoint()
    {
        Machine machine = StatefulProgram.Create(new SettlingBackend());
        StatefulProgram.Run(machine, "product");
        Hash256 early = machine.StateRoot();
        StatefulProgram.Run(machine, "settle");
        Assert.Multiple(() =>
        {
            Assert.That(machine.StateRoot(), Is.Not.EqualTo(early));
            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)));
        });
    }

    [Test]
    public void FollowsABackendThatFails()
    {
        Machine machine = StatefulProgram.Create(new FailingBackend());
        machine.StateRoot();
        Assert.That(() => machine.Run("product", [], long.MaxValue), Throws.InvalidOperationException);
        Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)));
    }

    [Test]
    public void HashesOnlyTheRowsThatACopyWrites()
    {
        KeepingBackend backend = new();
        Machine machine = StatefulProgram.Create(backend);
        machine.StateRoot();
        StatefulProgram.Run(machine, "copy", 0, 5, 1);
        Hash256 honest = StatefulProgram.DefinedRoot(machine);

        // Nobody may write behind the machine's back; here it shows which leaves a root does not look at.
        backend.Destination!.Bytes[^1] ^= 1;
        Assert.That(machine.StateRoot(), Is.EqualTo(honest), "the last row was not copied");
        StatefulProgram.Run(machine, "copy", 39, 39, 0);
        Assert.That(machine.StateRoot(), Is.EqualTo(honest), "no row was copied");
        StatefulProgram.Run(machine, "copy", 39, 5, 1);
        Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)), "the last row was copied");
    }

    [Test]
    public void LeavesAreProvedUnderTheRoot()
    {
        Machine machine = StatefulProgram.Create();
        machine.StateRoot();
        StatefulProgram.Run(machine, "step", 1);
        List<VmSlot> slots = [.. machine.Program.Slots.Where(slot => slot.Kind == SlotKind.State)];
        MachineStateProof proof = machine.ProveState("w", 2);
        Assert.Multiple(() =>
        {
            Assert.That(proof.Verify(machine.StateRoot(), slots), Is.EqualTo(ValidationResult.Ok));
            Assert.That(() => machine.ProveState("s", 0), Throws.ArgumentException);
            Assert.That(() => machine.ProveState("w", 4), Throws.InstanceOf<ArgumentException>());
        });
    }

    private static List<long> Steps(Machine machine, int first, int count) =>
        [.. Enumerable.Range(first, count).SelectMany(step => StatefulProgram.Run(machine, "step", step).Outputs)];

    private static Machine MachineOf(TensorOp op, CallSamples.Sample sample)
    {
        ProgramBuilder builder = new();
        Tensor[] operands = sample.Operands(op, 1);
        int[] slots = [.. operands.Select((t, i) => builder.Slot($"slot{i}", t.Type, t.Rows, t.Columns, SlotKind.State))];
        builder.Entry("main", 0);
        foreach (long argument in sample.Arguments)
        {
            builder.Push(argument);
        }

        builder.Vector(op, slots, sample.Immediates);
        if (op.HasResult)
        {
            builder.Op(Opcode.Emit);
        }

        builder.Op(Opcode.Halt);
        ValidationResult result = ProgramVerifier.Verify(builder.Build(), VmLimits.Default, out VerifiedProgram? verified);
        Assert.That(result.IsValid, result.ToString());
        Machine machine = new(verified!, new ScalarBackend());
        Assert.That(machine.ImportState(MachineState.Encode([.. operands.Select((t, i) => ($"slot{i}", t))])).IsValid);
        return machine;
    }

    /// <summary>Keeps the destination of the last copy.</summary>
    private sealed class KeepingBackend : ITensorBackend
    {
        private readonly ScalarBackend _definition = new();

        public Tensor? Destination { get; private set; }

        public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c) => _definition.MatMul(shape, a, b, c);

        public long Run(TensorOp operation, in TensorCall call) => _definition.Run(operation, call);

        public void MemCopy(in RowRange rows, Tensor destination, Tensor source)
        {
            Destination = destination;
            _definition.MemCopy(rows, destination, source);
        }

        public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _definition.Checkpoint(name, state);
    }

    /// <summary>Writes half of a product and throws.</summary>
    private sealed class FailingBackend : ITensorBackend
    {
        private readonly ScalarBackend _definition = new();

        public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
        {
            c.Bytes[..100].Fill(0x55);
            throw new InvalidOperationException("The device is gone.");
        }

        public long Run(TensorOp operation, in TensorCall call) => _definition.Run(operation, call);

        public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _definition.MemCopy(rows, destination, source);

        public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _definition.Checkpoint(name, state);
    }
}
