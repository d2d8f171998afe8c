using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.State;
using PoUW.Vm.Tracing;

namespace PoUW.Vm.Tests.Tracing;

[TestFixture]
public sealed class TraceTests
{
    [Test]
    public void ATraceChangesNothing()
    {
        Machine plain = StatefulProgram.Create();
        Machine traced = StatefulProgram.Create();
        for (int step = 0; step < 4; step++)
        {
            VmResult expected = StatefulProgram.Run(plain, "step", step);
            VmResult actual = traced.Trace("step", [step], long.MaxValue).Result;
            Assert.Multiple(() =>
            {
                Assert.That(actual with { Outputs = expected.Outputs }, Is.EqualTo(expected));
                Assert.That(actual.Outputs, Is.EqualTo(expected.Outputs));
                Assert.That(traced.StateRoot(), Is.EqualTo(plain.StateRoot()));
                Assert.That(traced.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(traced)));
            });
        }
    }

    [Test]
    public void NamesEveryTensorInstruction()
    {
        const int Halt = 1;
        TracedRun run = StatefulProgram.Create().Trace("step", [5], long.MaxValue);
        StepTrace trace = run.Trace!;
        Assert.Multiple(() =>
        {
            Assert.That(trace.Records[^1].GasUsed + Halt, Is.EqualTo(run.Result.GasUsed));
            Assert.That(trace.Records.Select(r => r.Opcode), Is.EqualTo(new[]
            {
                Opcode.VectorOp, Opcode.VectorOp, Opcode.MemCopy, Opcode.MatMul, Opcode.MemCopy, Opcode.VectorOp, Opcode.VectorOp, Opcode.Checkpoint,
            }));
            Assert.That(trace.Records.Select(r => (int)r.Operation), Is.EqualTo(new[] { 3, 1, 0, 0, 0, 11, 54, 0 }));
            Assert.That(trace.Records[2].Arguments, Is.EqualTo(new[] { 5L, 5, 1 }));
            Assert.That(trace.Records[4].Arguments, Is.EqualTo(new[] { 5L, 3, 2 }));
            Assert.That(trace.Records.Select(r => r.Results.Count), Is.EqualTo(new[] { 1, 0, 0, 0, 0, 0, 0, 0 }));
            Assert.That(trace.Records.Select(r => r.Before.Count), Is.EqualTo(new[] { 1, 2, 2, 3, 2, 3, 2, 1 }));
            Assert.That(trace.Records.Select(r => r.After.Count), Is.EqualTo(new[] { 0, 1, 1, 1, 1, 1, 1, 0 }));
            Assert.That(trace.Records.Select(r => r.GasUsed), Is.Ordered.And.Unique);
        });
    }

    [Test]
    public void RootsAreThoseOfTheDefinition()
    {
        Machine machine = StatefulProgram.Create();
        Hash256 y = Defined(machine, "y");
        StepTrace trace = Step(machine, 5);
        IReadOnlyList<TraceRecord> records = trace.Records;
        Assert.Multiple(() =>
        {
            Assert.That(records[0].Before, Is.EqualTo(new[] { y }));
            Assert.That(records[1].Before[1], Is.EqualTo(y));
            Assert.That(records[2].Before[1], Is.EqualTo(records[1].After[0]), "s is read as it was written");
            Assert.That(records[3].Before, Is.EqualTo(new[] { y, Defined(machine, "x"), records[2].After[0] }));
            Assert.That(records[2].After[0], Is.EqualTo(Defined(machine, "w")));
            Assert.That(records[4].After[0], Is.EqualTo(Defined(machine, "v")));
            Assert.That(records[5].After[0], Is.EqualTo(Defined(machine, "y")));
            Assert.That(records[6].After[0], Is.EqualTo(Defined(machine, "f")));
            Assert.That(records[7].Before, Is.EqualTo(new[] { StateCommitment.Root(machine.State) }));
        });
    }

    [Test]
    public void SeesWhatTheHostWroteBetweenTraces()
    {
        Machine machine = StatefulProgram.Create();
        Tensor y = machine.Slot("y");
        Tensor x = machine.Slot("x");
        for (int i = 0; i < 2; i++)
        {
            y.Int32[i] ^= 1;
            x.Int8[i] ^= 1;
            Hash256 expected = Defined(machine, "y");
            StepTrace trace = Step(machine, 1);
            Assert.That(trace.Records[0].Before[0], Is.EqualTo(expected));
            Assert.That(trace.Records[3].Before[1], Is.EqualTo(Defined(machine, "x")));
        }
    }

    [Test]
    public void TheRootIsThatOfTheAccumulator()
    {
        StepTrace trace = Step(StatefulProgram.Create(), 5);
        MerkleAccumulator tree = new();
        foreach (TraceRecord record in trace.Records)
        {
            tree.Add(record.Encode());
        }

        Assert.That(trace.Root, Is.EqualTo(tree.Root()));
    }

    [Test]
    public void ATrapLeavesWhatWasExecuted()
    {
        TracedRun run = StatefulProgram.Create().Trace("bad", [], long.MaxValue);
        Assert.Multiple(() =>
        {
            Assert.That(run.Result.Outcome, Is.EqualTo(VmOutcome.Trapped));
            Assert.That(run.Trace!.Count, Is.EqualTo(1));
        });
    }

    [Test]
    public void RunningOutOfGasInACopyRecordsNothing()
    {
        Machine machine = StatefulProgram.Create();
        long gas = machine.Trace("copy", [0, 0, 40], long.MaxValue).Result.GasUsed;
        TracedRun enough = machine.Trace("copy", [0, 0, 40], gas - 1);
        TracedRun less = machine.Trace("copy", [0, 0, 40], gas - 2);
        Assert.Multiple(() =>
        {
            Assert.That((enough.Result.Outcome, enough.Trace!.Count), Is.EqualTo((VmOutcome.OutOfGas, 1)));
            Assert.That((less.Result.Outcome, less.Trace!.Count), Is.EqualTo((VmOutcome.OutOfGas, 0)));
            Assert.That(less.Trace!.Root, Is.EqualTo(Hash256.Sha256([])));
        });
    }

    [Test]
    public void ElementsAreReadAndWrittenUnderTheirRoots()
    {
        Machine machine = TestMachine.Create("""
            .slot state w int32 2 3
            .entry main 0 s
            .code
            s:
                push 9
                push 1
                push 2
                tstore w
                push 1
                push 2
                tload w
                emit
                halt
            """);
        Hash256 before = Defined(machine, "w");
        TracedRun run = machine.Trace("main", [], long.MaxValue);
        Assert.That(run.Result.Outputs, Is.EqualTo(new[] { 9L }));
        (TraceRecord store, TraceRecord load) = (run.Trace!.Records[0], run.Trace.Records[1]);
        Hash256 after = Defined(machine, "w");
        Assert.Multiple(() =>
        {
            Assert.That(after, Is.Not.EqualTo(before));
            Assert.That((store.Opcode, load.Opcode), Is.EqualTo((Opcode.TensorStore, Opcode.TensorLoad)));
            Assert.That(store.Arguments, Is.EqualTo(new[] { 9L, 1, 2 }));
            Assert.That(store.Before, Is.EqualTo(new[] { before }));
            Assert.That(store.After, Is.EqualTo(new[] { after }), "a store writes its slot");
            Assert.That(load.Results, Is.EqualTo(new[] { 9L }));
            Assert.That(load.Before, Is.EqualTo(new[] { after }));
            Assert.That(load.After, Is.Empty, "a load writes nothing");
            Assert.That(machine.StateRoot(), Is.EqualTo(StatefulProgram.DefinedRoot(machine)));
        });
    }

    [TestCase(8, true)]
    [TestCase(7, false)]
    public void TheLimitEndsTheRecordingButNotTheRun(int limit, bool fits)
    {
        Machine plain = StatefulProgram.Create();
        StatefulProgram.Run(plain, "step", 1);
        Machine machine = StatefulProgram.Create(limits: new VmLimits { MaxTraceRecords = limit });
        TracedRun run = machine.Trace("step", [1], long.MaxValue);
        Assert.Multiple(() =>
        {
            Assert.That(run.Result.IsHalted);
            Assert.That(machine.StateRoot(), Is.EqualTo(plain.StateRoot()));
            Assert.That(run.Trace is not null, Is.EqualTo(fits));
            Assert.That(run.Recording.Code, Is.EqualTo(fits ? ValidationCode.Ok : ValidationCode.TooLarge));
        });
    }

    private static StepTrace Step(Machine machine, long step)
    {
        TracedRun run = machine.Trace("step", [step], long.MaxValue);
        Assert.That(run.Result.IsHalted, run.Result.Message);
        return run.Trace!;
    }

    private static Hash256 Defined(Machine machine, string name) => StateCommitment.TensorRoot(name, machine.Slot(name));
}
