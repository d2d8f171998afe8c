using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Execution;

[TestFixture]
public sealed class GasAndCancellationTests
{
    private const string MatMul =
        ".slot state a int8 8 64\n.slot state b int8 64 8\n.slot scratch c int32 8 8\n.entry main 0 s\n.code\ns:\nmatmul c a b nn\nhalt";

    [Test]
    public void GasIsTheSumOfTheInstructions() =>
        Assert.That(TestMachine.Run("push 2\npush 3\nmul\nemit\nhalt").GasUsed, Is.EqualTo(1 + 1 + 2 + 8 + 1));

    [Test]
    public void StopsBeforeTheInstructionThatIsNotPaid()
    {
        VmResult result = TestMachine.Run("push 2\nemit\npush 3\nemit\nhalt", gas: 17);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(VmOutcome.OutOfGas));
            Assert.That(result.GasUsed, Is.EqualTo(10));
            Assert.That(result.Outputs, Is.EqualTo(new[] { 2L }));
            Assert.That(result.Pc, Is.EqualTo(19));
        });
    }

    [TestCase(0)]
    [TestCase(-5)]
    public void NoGasRunsNothing(long gas)
    {
        VmResult result = TestMachine.Run("halt", gas);
        Assert.That((result.Outcome, result.GasUsed), Is.EqualTo((VmOutcome.OutOfGas, 0L)));
    }

    [Test]
    public void MatMulGasGrowsWithTheProduct() =>
        Assert.That(TestMachine.Create(MatMul).Run("main", [], 10_000).GasUsed, Is.EqualTo(64 + (8 * 8 * 64 / 256) + 1));

    [Test]
    public void CopyGasGrowsWithTheBytes()
    {
        const string Copy =
            ".slot state a int32 100 4\n.entry main 1 s\n.code\ns:\npush 0\npush 10\nload 0\nmemcopy a a\nhalt";
        Machine machine = TestMachine.Create(Copy);
        Assert.Multiple(() =>
        {
            Assert.That(machine.Run("main", [90], 10_000).GasUsed, Is.EqualTo(3 + 64 + 90 + 1));
            Assert.That(machine.Run("main", [0], 10_000).GasUsed, Is.EqualTo(3 + 64 + 1));
            Assert.That(machine.Run("main", [90], 3 + 64 + 89).Outcome, Is.EqualTo(VmOutcome.OutOfGas));
        });
    }

    [Test]
    public void AnEndlessLoopIsCancelled()
    {
        Machine machine = TestMachine.Create(".entry main 0 s\n.code\ns:\njump s");
        using CancellationTokenSource source = new();
        Task<VmResult> run = Task.Run(() => machine.Run("main", [], long.MaxValue, source.Token));
        source.Cancel();
        Assert.That(run.Result.Outcome, Is.EqualTo(VmOutcome.Cancelled));
    }

    [Test]
    public void RunningAllocatesOnlyTheResult()
    {
        Machine machine = TestMachine.Create(".entry main 1 s\n.code\ns:\nload 0\npush 1\nsub\ndup\nstore 0\njumpif s\nhalt");
        machine.Run("main", [1000], long.MaxValue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        machine.Run("main", [10], long.MaxValue);
        long few = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        machine.Run("main", [100_000], long.MaxValue);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.EqualTo(few));
    }
}
