using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Execution;

[TestFixture]
public sealed class TensorInstructionTests
{
    private const string Slots = """
        .slot input x int8 2 3
        .slot input labels uint8 2 1
        .slot state w int8 3 2
        .slot state sum int32 2 2
        .slot state velocity int32 2 2
        .slot scratch small int8 2 2
        .slot scratch error int8 2 2
        .slot scratch index int32 2 1
        .slot scratch rows int8 2 3
        .slot input key uint8 32 1
        .checkpoint here
        .entry main 3 s
        .code
        s:

        """;

    [Test]
    public void MatMulMultiplies()
    {
        Machine machine = Create("matmul sum x w nn\ncheckpoint here\nhalt");
        new sbyte[] { 1, 2, 3, 4, 5, 6 }.CopyTo(machine.Slot("w").Int8);
        VmResult result = machine.Run("main", [0, 0, 0], 10_000);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsHalted, result.Message);
            Assert.That(machine.Slot("sum").Int32.ToArray(), Is.EqualTo(new[] { 22, 28, 49, 64 }));
        });
    }

    [TestCase(64)]
    [TestCase(-65)]
    [TestCase(-128)]
    public void MatMulTrapsOnLargeOperands(int value)
    {
        Machine machine = Create("matmul sum x w nn\nhalt");
        machine.Slot("w").Int8[5] = (sbyte)value;
        Assert.That(machine.Run("main", [0, 0, 0], 10_000).Trap, Is.EqualTo(VmTrap.ElementOutOfRange));
    }

    [Test]
    public void MissingInputTraps()
    {
        Machine machine = TestMachine.Create(Slots + "matmul sum x w nn\nhalt");
        Assert.Multiple(() =>
        {
            Assert.That(machine.Run("main", [0, 0, 0], 10_000).Trap, Is.EqualTo(VmTrap.InputMissing));
            Assert.That(() => machine.Slot("x"), Throws.ArgumentException);
            Assert.That(() => machine.Slot("nothing"), Throws.ArgumentException);
        });
    }

    [Test]
    public void SetInputChecksNameTypeAndShape()
    {
        Machine machine = TestMachine.Create(Slots + "halt");
        Assert.Multiple(() =>
        {
            Assert.That(machine.SetInput("nothing", new Tensor(TensorType.Int8, 2, 3)).IsValid, Is.False);
            Assert.That(machine.SetInput("w", new Tensor(TensorType.Int8, 3, 2)).IsValid, Is.False);
            Assert.That(machine.SetInput("x", new Tensor(TensorType.UInt8, 2, 3)).IsValid, Is.False);
            Assert.That(machine.SetInput("x", new Tensor(TensorType.Int8, 3, 2)).IsValid, Is.False);
            Assert.That(machine.SetInput("x", new Tensor(TensorType.Int8, 2, 3)).IsValid, Is.True);
        });
    }

    [TestCase("load 0\nvec.requantise_shift small sum 63", -1)]
    [TestCase("load 0\nvec.requantise_shift small sum 63", 32)]
    [TestCase("load 0\nvec.stochastic_round_shift small sum 63", 32)]
    [TestCase("push 0\nload 0\nvec.softmax_loss small labels\npop", 3)]
    [TestCase("push 0\nload 0\nvec.softmax_loss small labels\npop", -1)]
    [TestCase("load 0\nvec.count_equal index labels\npop", 3)]
    [TestCase("push 1\nload 0\nvec.scale_shift sum sum", 32)]
    [TestCase("load 0\npush 1\nvec.scale_shift sum sum", 1L << 31)]
    [TestCase("load 0\nvec.clamp sum sum", -1)]
    [TestCase("load 0\nvec.clamp sum sum", 1L << 31)]
    [TestCase("load 0\npush 5\nvec.momentum_update sum velocity error 3", -1)]
    [TestCase("push 5\nload 0\nvec.momentum_update sum velocity error 3", 1L << 31)]
    [TestCase("load 0\npush 0\npush 0\nvec.keyed_permutation index key 90", 1)]
    [TestCase("push 5\nload 0\npush 0\nvec.keyed_permutation index key 90", 4)]
    [TestCase("push 5\nload 0\npush 0\nvec.keyed_permutation index key 90", -1)]
    [TestCase("load 0\npush 0\npush 0\nvec.keyed_permutation index key 90", 1L << 31)]
    [TestCase("push 0\npush 0\nload 0\nvec.uniform_fill sum", (1L << 30) + 1)]
    [TestCase("push 0\npush 0\nload 0\nvec.uniform_fill sum", -1)]
    [TestCase("load 0\npush 0\nvec.sequence index", -1)]
    [TestCase("push 0\nload 0\nvec.sequence index", 1L << 31)]
    [TestCase("load 0\nvec.fill small", 128)]
    [TestCase("load 0\nvec.fill sum", 1L << 31)]
    [TestCase("load 0\npush 0\npush 1\nmemcopy sum velocity", 2)]
    [TestCase("push 0\nload 0\npush 1\nmemcopy sum velocity", 2)]
    [TestCase("push 0\npush 0\nload 0\nmemcopy sum velocity", 3)]
    [TestCase("push 0\npush 0\nload 0\nmemcopy sum velocity", -1)]
    [TestCase("load 0\npush 0\npush 1\nmemcopy sum velocity", long.MaxValue)]
    public void ArgumentsOutOfRangeTrap(string code, long argument)
    {
        VmResult result = Create(code + "\nhalt").Run("main", [argument, 0, 0], 10_000_000);
        Assert.That((result.Outcome, result.Trap), Is.EqualTo((VmOutcome.Trapped, VmTrap.ArgumentOutOfRange)), result.Message);
    }

    [TestCase("load 0\nvec.requantise_shift small sum 63", 31)]
    [TestCase("push 0\nload 0\nvec.softmax_loss small labels\npop", 2)]
    [TestCase("push 5\nload 0\npush 0\nvec.keyed_permutation index key 90", 3)]
    [TestCase("push 0\npush 0\nload 0\nmemcopy sum velocity", 2)]
    [TestCase("load 0\npush 0\npush 0\nmemcopy sum velocity", 2)]
    [TestCase("load 0\nvec.fill small", -128)]
    [TestCase("vec.gather_rows rows x index", 0)]
    [TestCase("push 0\nvec.softmax_gradient error small labels 5 63", 0)]
    public void ArgumentsAtTheEdgeRun(string code, long argument)
    {
        VmResult result = Create(code + "\nhalt").Run("main", [argument, 0, 0], 10_000_000);
        Assert.That(result.IsHalted, result.Message);
    }

    [TestCase(2)]
    [TestCase(-1)]
    public void GatherTrapsOnABadIndex(int index)
    {
        Machine machine = Create("vec.gather_rows rows x index\nhalt");
        machine.Slot("index").Int32[1] = index;
        Assert.That(machine.Run("main", [0, 0, 0], 10_000).Trap, Is.EqualTo(VmTrap.ElementOutOfRange));
    }

    [TestCase("push 0\nvec.softmax_gradient error small labels 5 63")]
    [TestCase("push 0\npush 2\nvec.softmax_loss small labels\npop")]
    public void SoftmaxTrapsOnABadLabel(string code)
    {
        Machine machine = Create(code + "\nhalt");
        machine.Slot("labels").UInt8[1] = 2;
        Assert.That(machine.Run("main", [0, 0, 0], 10_000).Trap, Is.EqualTo(VmTrap.ElementOutOfRange));
    }

    [Test]
    public void StateSurvivesRunsAndTravels()
    {
        const string Code = "load 0\nvec.fill sum\nhalt";
        Machine first = Create(Code);
        Machine second = Create(Code);
        first.Run("main", [7, 0, 0], 10_000);
        Assert.That(first.StateRoot(), Is.Not.EqualTo(second.StateRoot()));
        Assert.Multiple(() =>
        {
            Assert.That(second.ImportState(first.ExportState()).IsValid, Is.True);
            Assert.That(second.StateRoot(), Is.EqualTo(first.StateRoot()));
            Assert.That(second.Slot("sum").Int32.ToArray(), Is.All.EqualTo(7));
        });
    }

    [Test]
    public void ImportRejectsTheStateOfAnotherProgram()
    {
        Machine machine = Create("halt");
        Machine other = TestMachine.Create(".slot state w int8 3 2\n.entry main 0 s\n.code\ns:\nhalt");
        Assert.Multiple(() =>
        {
            Assert.That(machine.ImportState(other.ExportState()).IsValid, Is.False);
            Assert.That(machine.ImportState([1, 2, 3]).IsValid, Is.False);
        });
    }

    [TestCase(".slot state a int8 2 3", true)]
    [TestCase(".slot state b int8 2 3", false)]
    [TestCase(".slot state a uint8 2 3", false)]
    [TestCase(".slot state a int8 3 2", false)]
    [TestCase(".slot state a int8 2 4", false)]
    [TestCase(".slot state a int8 2 3\n.slot state b int8 2 3", false)]
    public void ImportTakesOnlyTheSameSlots(string slots, bool fits)
    {
        Machine machine = TestMachine.Create(".slot state a int8 2 3\n.entry main 0 s\n.code\ns:\nhalt");
        Machine other = TestMachine.Create(slots + "\n.entry main 0 s\n.code\ns:\nhalt");
        other.State[0].Tensor.Bytes.Fill(5);
        bool imported = machine.ImportState(other.ExportState()).IsValid;
        Assert.Multiple(() =>
        {
            Assert.That(imported, Is.EqualTo(fits));
            Assert.That(machine.Slot("a").Bytes.ToArray(), Is.All.EqualTo((byte)(fits ? 5 : 0)));
        });
    }

    /// <summary>Longer than two vectors of any processor, so that the ends and the middle are looked at in their own ways.</summary>
    [Test]
    public void OperandsOfAProductAreLookedAtEverywhere()
    {
        Machine machine = TestMachine.Create(
            ".slot state a int8 1 200\n.slot state b int8 200 1\n.slot state c int32 1 1\n.entry main 0 s\n.code\ns:\nmatmul c a b nn\nhalt");
        machine.Slot("a").Int8.Fill(63);
        machine.Slot("b").Int8.Fill(-64);
        Assert.That(machine.Run("main", [], 10_000).IsHalted);
        Assert.That(machine.Slot("c").Int32[0], Is.EqualTo(200 * 63 * -64));
        for (int i = 0; i < 200; i++)
        {
            machine.Slot("b").Int8[i] = (sbyte)(i % 2 == 0 ? 64 : -65);
            Assert.That(machine.Run("main", [], 10_000).Trap, Is.EqualTo(VmTrap.ElementOutOfRange), $"element {i}");
            machine.Slot("b").Int8[i] = 0;
        }
    }

    private static Machine Create(string code)
    {
        Machine machine = TestMachine.Create(Slots + code);
        Tensor x = new(TensorType.Int8, 2, 3);
        new sbyte[] { 1, 2, 3, 4, 5, 6 }.CopyTo(x.Int8);
        machine.SetInput("x", x);
        machine.SetInput("labels", new Tensor(TensorType.UInt8, 2, 1));
        machine.SetInput("key", new Tensor(TensorType.UInt8, 32, 1));
        return machine;
    }
}
