using PoUW.Core.Validation;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;

namespace PoUW.Vm.Tests.Operations;

/// <summary>The table of all operations, and operations inside programs.</summary>
[TestFixture]
public sealed class TensorOpsTests
{
    private const string Slots = """
        .slot state x float32 2 2
        .slot state labels int32 2 1
        .slot state y float32 2 2
        .slot state loss float32 2 1
        .slot state short float32 1 2
        .entry main 0 s
        .code
        s:

        """;

    [Test]
    public void CodesAndNamesAreUniqueAndFindTheOperation()
    {
        Assert.That(TensorOps.All.Select(static op => op.Code), Is.Unique.And.Ordered);
        Assert.That(TensorOps.All.Select(static op => op.Name), Is.Unique);
        foreach (TensorOp op in TensorOps.All)
        {
            Assert.That(TensorOps.Find(op.Code), Is.SameAs(op));
            Assert.That(TensorOps.Find(op.Name), Is.SameAs(op));
            Assert.That(op.Name, Does.Match("^[a-z][a-z0-9_]*$"));
        }
    }

    [Test]
    public void EveryPartHasAName()
    {
        foreach (TensorOp op in TensorOps.All)
        {
            string[] names =
                [.. op.Operands.Select(static o => o.Name), .. op.Immediates.Select(static i => i.Name), .. op.Arguments.Select(static a => a.Name)];
            Assert.That(names, Is.All.Match("^[a-z][a-z0-9_]*$"), op.Name);
            Assert.That(op.Operands.Select(static o => o.Name), Is.Unique, op.Name);
            Assert.That(op.Immediates.Select(static i => i.Name), Is.Unique, op.Name);
            Assert.That(op.Operands, Is.All.Matches<OperandSpec>(static o => o.Types.Length > 0), op.Name);
            Assert.That(op.Operands.Count, Is.InRange(1, TensorOps.MaxOperands), op.Name);
        }
    }

    /// <summary>Destinations stand first, so that a reader of assembly text sees what changes.</summary>
    [Test]
    public void DestinationsStandFirst()
    {
        foreach (TensorOp op in TensorOps.All)
        {
            int destinations = op.Operands.TakeWhile(static o => o.Access != OperandAccess.Read).Count();
            Assert.That(op.Operands.Skip(destinations), Is.All.Matches<OperandSpec>(static o => o.Access == OperandAccess.Read), op.Name);
            Assert.That(destinations > 0, Is.Not.EqualTo(op.HasResult), op.Name);
        }
    }

    /// <summary>Codes 32 to 127 and 145 to 147: the general tests of operations cover all of them.</summary>
    [Test]
    public void EveryOperationOfLaneRHasASample()
    {
        string[] names = [.. TensorOps.All.Where(static op => op.Code is (>= 32 and < 128) or (>= 145 and <= 147)).Select(static op => op.Name)];
        Assert.That(names, Is.EquivalentTo(CallSamples.Names));
    }

    [Test]
    public void TheVerifierShowsTheProblem()
    {
        ValidationResult result = TestMachine.Verify(Slots + "vec.add_f32 y short x\nhalt");
        Assert.That(result.ToString(), Does.Contain("The operands of 'add_f32' do not fit: 'a' is 1x2, not 2x2."));
        result = TestMachine.Verify(Slots + "vec.affine_f32 y x 0x7F800000 0x00000000\nhalt");
        Assert.That(result.ToString(), Does.Contain("'affine_f32' do not fit: the immediate 'scale' is out of range."));
    }

    [Test]
    public void AProgramComputesALoss()
    {
        Machine machine = TestMachine.Create(Slots + "vec.affine_f32 y x 0x40000000 0x3F800000\nvec.cross_entropy_f32 loss y labels\nhalt");
        new[] { 1f, 1, 2, 2 }.CopyTo(machine.Slot("x").Float32);
        new[] { 0, 1 }.CopyTo(machine.Slot("labels").Int32);
        VmResult result = machine.Run("main", [], 10_000);
        Assert.That(result.IsHalted, result.Message);
        Assert.That(machine.Slot("y").Float32.ToArray(), Is.EqualTo(new[] { 3f, 3, 5, 5 }));
        Assert.That(machine.Slot("loss").Float32.ToArray(), Is.All.EqualTo(MathF.ScaleB(0xB17218, -24)));
    }

    [Test]
    public void ALabelOutsideStopsTheProgram()
    {
        Machine machine = TestMachine.Create(Slots + "vec.cross_entropy_f32 loss x labels\nhalt");
        new[] { 0, 2 }.CopyTo(machine.Slot("labels").Int32);
        VmResult result = machine.Run("main", [], 10_000);
        Assert.That(result.Trap, Is.EqualTo(VmTrap.ElementOutOfRange));
    }
}
