using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Execution;

[TestFixture]
public sealed class StackInstructionTests
{
    private const long Min = long.MinValue;
    private const long Max = long.MaxValue;

    [TestCase("add", 2, 3, 5)]
    [TestCase("add", Max, Min, -1)]
    [TestCase("sub", 2, 3, -1)]
    [TestCase("sub", -1, Max, Min)]
    [TestCase("mul", -4, 3, -12)]
    [TestCase("mul", Min, 1, Min)]
    [TestCase("mul", 1L << 32, -(1L << 31), Min)]
    [TestCase("div", 7, 2, 3)]
    [TestCase("div", -7, 2, -3)]
    [TestCase("div", 7, -1, -7)]
    [TestCase("mod", 7, 3, 1)]
    [TestCase("mod", -7, 3, -1)]
    [TestCase("mod", Min, -1, 0)]
    [TestCase("shl", 3, 2, 12)]
    [TestCase("shl", -1, 63, Min)]
    [TestCase("shl", 0, 63, 0)]
    [TestCase("shr", -5, 1, -3)]
    [TestCase("shr", Min, 63, -1)]
    [TestCase("and", 12, 10, 8)]
    [TestCase("or", 12, 10, 14)]
    [TestCase("xor", 12, 10, 6)]
    [TestCase("eq", 4, 4, 1)]
    [TestCase("eq", 4, 5, 0)]
    [TestCase("ne", 4, 5, 1)]
    [TestCase("ne", 4, 4, 0)]
    [TestCase("lt", -1, 0, 1)]
    [TestCase("lt", 0, 0, 0)]
    [TestCase("le", 0, 0, 1)]
    [TestCase("le", 1, 0, 0)]
    [TestCase("min", Min, 5, Min)]
    [TestCase("max", Min, 5, 5)]
    public void Binary(string op, long a, long b, long expected) =>
        Assert.That(TestMachine.Outputs($"push {a}\npush {b}\n{op}\nemit\nhalt"), Is.EqualTo(new[] { expected }));

    [TestCase("neg", 5, -5)]
    [TestCase("neg", -Max, Max)]
    [TestCase("bitwidth", 129, 8)]
    [TestCase("bitwidth", -1, 0)]
    public void Unary(string op, long a, long expected) =>
        Assert.That(TestMachine.Outputs($"push {a}\n{op}\nemit\nhalt"), Is.EqualTo(new[] { expected }));

    [TestCase("add", Max, 1, VmTrap.IntegerOverflow)]
    [TestCase("add", Min, -1, VmTrap.IntegerOverflow)]
    [TestCase("sub", Min, 1, VmTrap.IntegerOverflow)]
    [TestCase("sub", 0, Min, VmTrap.IntegerOverflow)]
    [TestCase("mul", Min, -1, VmTrap.IntegerOverflow)]
    [TestCase("mul", 1L << 32, 1L << 31, VmTrap.IntegerOverflow)]
    [TestCase("div", 1, 0, VmTrap.DivisionByZero)]
    [TestCase("div", Min, -1, VmTrap.IntegerOverflow)]
    [TestCase("mod", 1, 0, VmTrap.DivisionByZero)]
    [TestCase("shl", 1, 63, VmTrap.IntegerOverflow)]
    [TestCase("shl", 1, 64, VmTrap.ArgumentOutOfRange)]
    [TestCase("shl", 1, -1, VmTrap.ArgumentOutOfRange)]
    [TestCase("shr", 1, 64, VmTrap.ArgumentOutOfRange)]
    [TestCase("shr", 1, -1, VmTrap.ArgumentOutOfRange)]
    public void BinaryTraps(string op, long a, long b, VmTrap trap)
    {
        VmResult result = TestMachine.Run($"push {a}\npush {b}\n{op}\nemit\nhalt");
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(VmOutcome.Trapped));
            Assert.That(result.Trap, Is.EqualTo(trap));
            Assert.That(result.Pc, Is.EqualTo(18));
            Assert.That(result.Message, Does.Contain("at 18"));
            Assert.That(result.Outputs, Is.Empty);
        });
    }

    [Test]
    public void NegOfTheSmallestTraps() =>
        Assert.That(TestMachine.Run($"push {Min}\nneg\nemit\nhalt").Trap, Is.EqualTo(VmTrap.IntegerOverflow));

    [Test]
    public void StackMoves() =>
        Assert.That(TestMachine.Outputs("push 1\npush 2\nswap\nemit\ndup\nemit\nemit\npush 9\npop\nhalt"), Is.EqualTo(new[] { 1L, 2, 2 }));

    [Test]
    public void Locals() =>
        Assert.That(TestMachine.Outputs("push 7\nstore 255\nload 255\nemit\nload 3\nemit\nhalt"), Is.EqualTo(new[] { 7L, 0 }));

    [Test]
    public void LocalsStartAtZeroInEveryRun()
    {
        Machine machine = TestMachine.Create(".entry main 1 s\n.code\ns:\nload 1\nemit\nload 0\nemit\npush 5\nstore 1\nhalt");
        machine.Run("main", [1], 1000);
        Assert.That(machine.Run("main", [2], 1000).Outputs, Is.EqualTo(new[] { 0L, 2 }));
    }

    [Test]
    public void Constants()
    {
        Machine machine = TestMachine.Create($".constant 5\n.constant {Min}\n.entry main 0 s\n.code\ns:\nconst 1\nemit\nconst 0\nemit\nhalt");
        Assert.That(machine.Run("main", [], 1000).Outputs, Is.EqualTo(new[] { Min, 5 }));
    }

    [Test]
    public void RandIsPhilox() =>
        Assert.That(
            TestMachine.Outputs("push 0\npush 0\npush 0\nrand\nemit\nhalt"), Is.EqualTo(new[] { unchecked((long)0xe169c58d6627e8d5) }));

    [Test]
    public void LoopWithJumps()
    {
        const string Loop = "push 10\nstore 0\nagain:\nload 0\nload 1\nadd\nstore 1\nload 0\n"
            + "push 1\nsub\ndup\nstore 0\njumpif again\nload 1\nemit\nhalt";
        Assert.That(TestMachine.Outputs(Loop), Is.EqualTo(new[] { 55L }));
    }

    [Test]
    public void JumpSkips() =>
        Assert.That(
            TestMachine.Outputs("jump over\npush 1\nemit\nover:\npush 0\njumpif nowhere\npush 2\nemit\nnowhere:\nhalt"),
            Is.EqualTo(new[] { 2L }));

    [Test]
    public void CallKeepsTheCallersStack() =>
        Assert.That(
            TestMachine.Outputs("push 4\ncall twice\ncall twice\nemit\nload 0\nemit\nhalt\ntwice:\nload 0\npush 1\nadd\nstore 0\nret"),
            Is.EqualTo(new[] { 4L, 2 }));

    [Test]
    public void EndlessRecursionTraps() =>
        Assert.That(TestMachine.Run("again:\ncall again\nhalt").Trap, Is.EqualTo(VmTrap.StackOverflow));

    [Test]
    public void RecursionThatNeedsTooMuchStackTraps()
    {
        VmResult result = TestMachine.Run("again:\ncall sub\nhalt\nsub:\npush 1\npush 1\npush 1\ncall sub\npop\npop\npop\nret");
        Assert.That(result.Trap, Is.EqualTo(VmTrap.StackOverflow));
    }

    [Test]
    public void RetWithoutCallTraps() => Assert.That(TestMachine.Run("ret").Trap, Is.EqualTo(VmTrap.CallStackEmpty));

    [Test]
    public void TooManyOutputsTrap()
    {
        VmResult result = TestMachine.Run("again:\npush 1\nemit\njump again", limits: new() { MaxOutputs = 3 });
        Assert.Multiple(() =>
        {
            Assert.That(result.Trap, Is.EqualTo(VmTrap.TooManyOutputs));
            Assert.That(result.Outputs, Has.Count.EqualTo(3));
            Assert.That(result.Opcode, Is.EqualTo(Opcode.Emit));
        });
    }

    [Test]
    public void UnknownEntryOrWrongCountIsTheCallersError()
    {
        Machine machine = TestMachine.Create(".entry main 1 s\n.code\ns:\nhalt");
        Assert.Multiple(() =>
        {
            Assert.That(() => machine.Run("other", [], 10), Throws.ArgumentException);
            Assert.That(() => machine.Run("main", [], 10), Throws.ArgumentException);
        });
    }

    [FsCheck.NUnit.Property]
    public bool ArithmeticAgreesWithWideIntegers(long a, long b)
    {
        (string Op, Int128 Result)[] cases = [("add", (Int128)a + b), ("sub", (Int128)a - b), ("mul", (Int128)a * b)];
        return cases.All(c =>
        {
            VmResult result = TestMachine.Run($"push {a}\npush {b}\n{c.Op}\nemit\nhalt");
            bool fits = c.Result >= long.MinValue && c.Result <= long.MaxValue;
            return fits ? result.Outputs.Single() == (long)c.Result : result.Trap == VmTrap.IntegerOverflow;
        });
    }

    [TestCase("mload8", -1)]
    [TestCase("mload8", Min)]
    [TestCase("mload8", 32)]
    [TestCase("mstore8", -1)]
    [TestCase("mstore8", Min)]
    [TestCase("mstore8", 32)]
    public void ByteAddressesOutsideTheMemoryTrap(string op, long address)
    {
        string text = $".memory 32\n.entry main 0 start\n.code\nstart:\npush 1\npush {address}\n{op}\n{(op == "mload8" ? "pop\npop\n" : "")}halt\n";
        VmResult result = TestMachine.Create(text).Run("main", [], 1000);
        Assert.That(result.Trap, Is.EqualTo(VmTrap.MemoryOutOfRange));
    }
}
