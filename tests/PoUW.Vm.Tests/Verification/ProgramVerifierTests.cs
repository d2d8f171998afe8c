using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.Verification;

[TestFixture]
public sealed class ProgramVerifierTests
{
    private const string Slots = """
        .slot input x int8 4 8
        .slot input labels uint8 4 1
        .slot input key uint8 32 1
        .slot input short.key uint8 31 1
        .slot state w int8 8 3
        .slot state acc int32 4 3
        .slot scratch small int8 4 3
        .slot scratch wide int8 4 300
        .slot scratch index int32 4 1
        .slot scratch index5 int32 5 1
        .slot input data int32 4 3
        .slot scratch one int8 4 1
        .slot scratch real float32 2 2
        .slot scratch real2 float32 2 2
        .checkpoint here
        .constant 1
        .entry main 0 s
        .code
        s:

        """;

    [TestCase("matmul acc x w nn\nhalt")]
    [TestCase("push 1\nvec.requantise_shift small acc 127\nhalt")]
    [TestCase("vec.relu small small\nhalt")]
    [TestCase("call sub\nhalt\nsub:\nret")]
    [TestCase("halt\npush 1\nhalt")]
    public void Accepts(string code) => Assert.That(TestMachine.Verify(Slots + code).ToString(), Is.EqualTo("Ok"));

    [TestCase("", "entryPoints")]
    [TestCase("push 1", "runs off")]
    [TestCase("add\nhalt", "takes 2 values")]
    [TestCase("push 1\nadd\nhalt", "holds 1")]
    [TestCase("pop\nhalt", "takes 1")]
    [TestCase("push 1\njumpif deep\njump flat\ndeep:\npush 1\nflat:\nhalt", "stack depths")]
    [TestCase("again:\npush 1\njump again", "stack depths")]
    [TestCase("call sub\nhalt\nsub:\npush 1\nret", "empty stack")]
    [TestCase("push 1\ncall sub\nhalt\nsub:\npop\nret", "takes 1")]
    [TestCase("const 1\nhalt", "no constant")]
    [TestCase("matmul x x w nn\nhalt", "Int8 by Int8 into Int32")]
    [TestCase("matmul acc acc w nn\nhalt", "Int8 by Int8 into Int32")]
    [TestCase("matmul acc x w tn\nhalt", "does not give")]
    [TestCase("matmul acc x w nt\nhalt", "does not give")]
    [TestCase("matmul acc x small nn\nhalt", "does not give")]
    [TestCase("matmul data x w nn\nhalt", "input")]
    [TestCase("matmul real real2 real2 nnw\nhalt", "Only an integer product")]
    [TestCase("push 1\npush 0\npush 0\ntstore data\nhalt", "input")]
    [TestCase("vec.relu x x\nhalt", "input")]
    [TestCase("push 0\npush 0\npush 1\nmemcopy data acc\nhalt", "input")]
    [TestCase("push 0\npush 0\npush 1\nmemcopy acc small\nhalt", "MEMCOPY")]
    [TestCase("push 0\npush 0\npush 1\nmemcopy acc index\nhalt", "MEMCOPY")]
    [TestCase("vec.relu small acc\nhalt", "cannot be Int32")]
    [TestCase("vec.relu small x\nhalt", "do not fit")]
    [TestCase("push 1\nvec.requantise_shift small acc 0\nhalt", "out of range")]
    [TestCase("push 1\nvec.requantise_shift small acc 128\nhalt", "out of range")]
    [TestCase("push 1\nvec.stochastic_round_shift small acc -1\nhalt", "out of range")]
    [TestCase("push 1\nvec.softmax_gradient small small labels 5 63\nhalt", "different slots")]
    [TestCase("push 1\npush 1\nvec.softmax_loss wide labels\npop\nhalt", "do not fit")]
    [TestCase("push 1\npush 1\nvec.softmax_loss one labels\npop\nhalt", "do not fit")]
    [TestCase("vec.gather_rows small data index\nhalt", "do not fit")]
    [TestCase("vec.gather_rows acc data index5\nhalt", "do not fit")]
    [TestCase("vec.argmax_rows index5 small\nhalt", "do not fit")]
    [TestCase("push 0\nvec.count_equal index5 labels\npop\nhalt", "do not fit")]
    [TestCase("push 4\npush 0\npush 0\nvec.keyed_permutation index short.key 90\nhalt", "do not fit")]
    [TestCase("push 4\npush 0\npush 0\nvec.keyed_permutation index key 0\nhalt", "out of range")]
    [TestCase("push 4\npush 0\npush 0\nvec.keyed_permutation index key 256\nhalt", "out of range")]
    [TestCase("push 1\npush 1\nvec.momentum_update acc acc small 3\nhalt", "different slots")]
    [TestCase("push 1\npush 1\nvec.momentum_update acc data small 3\nhalt", "input")]
    [TestCase("push 1\nvec.sequence index\nhalt", "takes 2")]
    [TestCase("push 1\npush 1\nvec.sequence acc\nhalt", "do not fit")]
    public void Rejects(string code, string message) => Assert.That(TestMachine.Verify(Slots + code).ToString(), Does.Contain(message));

    [Test]
    public void RejectsAnInnerDimensionThatCouldOverflow()
    {
        const int TooDeep = 1 << 19;
        Assert.Multiple(() =>
        {
            Assert.That(VerifyInner(TooDeep - 1).IsValid, Is.True);
            Assert.That(VerifyInner(TooDeep).Message, Does.Contain("overflow"));
        });
    }

    [Test]
    public void RejectsUnknownBytesAndCutOperands()
    {
        Assert.Multiple(() =>
        {
            Assert.That(VerifyCode([0xFF]).Message, Does.Contain("no opcode"));
            Assert.That(VerifyCode([0x01, 0, 0]).Message, Does.Contain("ends inside"));
            Assert.That(VerifyCode([0x41]).Message, Does.Contain("not known"));
            Assert.That(VerifyCode([0x41, 255]).Message, Does.Contain("not known"));
            Assert.That(VerifyCode([0x41, 5, 0]).Message, Does.Contain("ends inside"));
            Assert.That(VerifyCode([0x40, 0, 0, 0, 0, 0, 0, 0]).Message, Does.Contain("no slot"));
            Assert.That(VerifyCode([0x43, 0, 0, 0x00]).Message, Does.Contain("no checkpoint"));
        });
    }

    [Test]
    public void RejectsTargetsInsideInstructions()
    {
        Assert.Multiple(() =>
        {
            Assert.That(VerifyCode([0x30, 2, 0, 0, 0]).Message, Does.Contain("not the start"));
            Assert.That(VerifyCode([0x30, 5, 0, 0, 0]).Message, Does.Contain("not the start"));
            Assert.That(VerifyCode([0x30, 0xFF, 0xFF, 0xFF, 0xFF]).Message, Does.Contain("not the start"));
            Assert.That(VerifyCode([0x00], entryOffset: 1).Message, Does.Contain("no instruction"));
            Assert.That(VerifyCode([]).Message, Does.Contain("no instruction"));
        });
    }

    [TestCase(64 + (8 * 8 * 8 / 256), true)]
    [TestCase(64 + (8 * 8 * 8 / 256) - 1, false)]
    public void RejectsInstructionsThatRunTooLong(long limit, bool accepted)
    {
        const string Text = """
            .slot scratch a int8 8 8
            .slot scratch c int32 8 8
            .entry main 0 start
            .code
            start:
                matmul c a a nn
                halt
            """;
        ValidationResult result = TestMachine.Verify(Text, new VmLimits { MaxInstructionGas = limit });
        Assert.That(result.IsValid, Is.EqualTo(accepted), result.ToString());
        Assert.That(accepted || result.Message.Contains($"the limit is {limit}"));
    }

    [Test]
    public void RejectsUnknownMatMulFlags()
    {
        VmSlot[] slots = [new("c", TensorType.Int32, 2, 2, SlotKind.State), new("a", TensorType.Int8, 2, 2, SlotKind.State)];
        VmProgram program = new([new VmEntryPoint("main", 0, 0)], slots, [], [], [0x40, 0, 0, 1, 0, 1, 0, 8, 0]);
        Assert.That(Verify(program).Message, Does.Contain("flags"));
    }

    [TestCase("\u00fcber")]
    [TestCase("")]
    [TestCase("sp ace")]
    public void RejectsBadNames(string name)
    {
        VmProgram program = new([new VmEntryPoint(name, 0, 0)], [], [], [], [0]);
        Assert.That(Verify(program).Field, Is.EqualTo("entryPoints"));
    }

    [Test]
    public void RejectsDuplicateNames()
    {
        VmSlot slot = new("a", TensorType.Int8, 1, 1, SlotKind.State);
        VmProgram program = new([new VmEntryPoint("main", 0, 0)], [slot, slot], [], [], [0]);
        Assert.That(Verify(program).Message, Does.Contain("twice"));
    }

    [Test]
    public void RejectsAProgramThatCannotStart() =>
        Assert.That(Verify(new VmProgram([], [], [], [], [0])).Message, Does.Contain("no entry point"));

    /// <summary>The decoder refuses such slots; a program that was built in memory has to be refused here.</summary>
    [TestCase(99, 1, 1, 2)]
    [TestCase(1, 1, 1, 99)]
    [TestCase(1, 0, 1, 2)]
    [TestCase(1, 1, 0, 2)]
    public void RejectsSlotsOutsideTheirRanges(int type, int rows, int columns, int kind)
    {
        VmSlot slot = new("odd", (TensorType)type, rows, columns, (SlotKind)kind);
        ValidationResult result = Verify(new VmProgram([new VmEntryPoint("main", 0, 0)], [slot], [], [], [0]));
        Assert.That((result.Code, result.Field), Is.EqualTo((ValidationCode.OutOfRange, "slots")));
    }

    /// <summary>Nothing flows into an entry point, so two may share one and another may be a loop's head.</summary>
    [Test]
    public void EntryPointsMayMeet()
    {
        const string Text = ".entry a 0 s\n.entry b 0 s\n.entry c 0 t\n.code\ns:\npush 1\nemit\nt:\npush 2\nemit\nhalt";
        Assert.Multiple(() =>
        {
            Assert.That(TestMachine.Create(Text).Run("b", [], 1000).Outputs, Is.EqualTo(new[] { 1L, 2 }));
            Assert.That(TestMachine.Create(Text).Run("c", [], 1000).Outputs, Is.EqualTo(new[] { 2L }));
            Assert.That(TestMachine.Verify(Text.Replace("emit\nt:", "t:", StringComparison.Ordinal)).Message, Does.Contain("stack depths"));
        });
    }

    [Test]
    public void HonoursTheLimits()
    {
        const string Text = ".slot state a int8 100 10\n.slot state b int8 100 10\n.constant 1\n.checkpoint one\n"
            + ".entry main 0 s\n.code\ns:\npush 1\npush 2\nhalt";
        (VmLimits Limits, string Field)[] cases =
        [
            (new() { MaxSlots = 1 }, "slots"), (new() { MaxSlotBytes = 999 }, "slots"), (new() { MaxMemoryBytes = 1999 }, "slots"),
            (new() { MaxConstants = 0 }, "constants"), (new() { MaxCheckpoints = 0 }, "checkpoints"), (new() { MaxEntryPoints = 0 }, "entryPoints"),
            (new() { MaxCodeBytes = 18 }, "code"), (new() { MaxStackDepth = 1 }, "code"), (new() { MaxNameBytes = 3 }, "entryPoints"),
        ];
        Assert.Multiple(() =>
        {
            Assert.That(TestMachine.Verify(Text).IsValid, Is.True);
            foreach ((VmLimits limits, string field) in cases)
            {
                Assert.That(TestMachine.Verify(Text, limits).Field, Is.EqualTo(field), limits.ToString());
            }
        });
    }

    private static ValidationResult VerifyInner(int k)
    {
        ProgramBuilder builder = new();
        int a = builder.Slot("a", TensorType.Int8, 1, k, SlotKind.State);
        int c = builder.Slot("c", TensorType.Int32, 1, 1, SlotKind.State);
        builder.Entry("main", 0);
        builder.MatMul(c, a, a, transposeB: true).Op(PoUW.Vm.Bytecode.Opcode.Halt);
        return Verify(builder.Build());
    }

    private static ValidationResult VerifyCode(byte[] code, int entryOffset = 0) =>
        Verify(new VmProgram([new VmEntryPoint("main", entryOffset, 0)], [], [], [], code));

    private static ValidationResult Verify(VmProgram program) => ProgramVerifier.Verify(program, VmLimits.Default, out _);
}
