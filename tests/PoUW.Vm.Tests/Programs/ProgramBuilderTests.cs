using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Tests.Programs;

[TestFixture]
public sealed class ProgramBuilderTests
{
    [Test]
    public void LabelsMayBePlacedAfterTheirUse()
    {
        ProgramBuilder builder = new();
        builder.Entry("main", 0);
        CodeLabel end = builder.NewLabel();
        builder.Jump(end).Push(1);
        builder.Mark(end);
        builder.Op(Opcode.Halt);
        Assert.That(builder.Build().Code.ToArray(), Is.EqualTo(new byte[] { 0x30, 14, 0, 0, 0, 0x01, 1, 0, 0, 0, 0, 0, 0, 0, 0x00 }));
    }

    [Test]
    public void ALabelThatIsNeverPlacedIsRefused()
    {
        ProgramBuilder jump = new();
        jump.Jump(jump.NewLabel());
        ProgramBuilder entry = new();
        entry.Entry("main", 0, entry.NewLabel());
        Assert.Multiple(() =>
        {
            Assert.That(() => jump.Build(), Throws.InvalidOperationException);
            Assert.That(() => entry.Build(), Throws.InvalidOperationException);
        });
    }

    [TestCase(1, 1)]
    [TestCase(3, 1)]
    [TestCase(2, 0)]
    [TestCase(2, 2)]
    public void AVectorOperationGetsItsSlotsAndImmediates(int slots, int immediates)
    {
        TensorOp operation = IntegerOps.RequantiseShift;
        ProgramBuilder builder = new();
        Assert.That(() => builder.Vector(operation, new int[slots], new int[immediates]), Throws.ArgumentException);
        Assert.That(builder.Build().Code.Length, Is.Zero, "nothing was written");
        builder.Vector(operation, new int[2], new int[1]);
        Assert.That(builder.Build().Code.Length, Is.Positive);
    }
}
