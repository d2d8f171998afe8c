using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Text;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class DataOrderTests
{
    private static readonly Hash256 Key = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Test]
    public void TheVectorOfTheMachineHolds()
    {
        DataOrder order = new(Key, 10, 3);
        Assert.That(Enumerable.Range(0, 10).Select(i => order.IndexAt(0, i)), Is.EqualTo(new[] { 1, 9, 6, 0, 4, 8, 2, 5, 7, 3 }));
        Assert.That(order.StepsPerEpoch, Is.EqualTo(3));
        Assert.That(order.Batch(1), Is.EqualTo(new[] { 0, 4, 8 }));
    }

    [TestCase(1, 1)]
    [TestCase(10, 3)]
    [TestCase(257, 256)]
    [TestCase(1000, 7)]
    public void BatchesAreThoseOfTheMachine(int count, int batch)
    {
        DataOrder order = new(Key, count, batch);
        foreach (long step in new[] { 0L, 1, order.StepsPerEpoch, (order.StepsPerEpoch * 3L) - 1, (long)int.MaxValue * order.StepsPerEpoch })
        {
            (long epoch, long position) = Math.DivRem(step, order.StepsPerEpoch);
            Assert.That(order.Batch(step), Is.EqualTo(RunOperation(count, batch, position * batch, epoch)));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 50)]
    public bool EveryEpochIsAPermutation(byte size, ushort epoch)
    {
        DataOrder order = new(Key, size + 1, 1);
        return Enumerable.Range(0, size + 1).Select(i => order.IndexAt(epoch, i)).Order().SequenceEqual(Enumerable.Range(0, size + 1));
    }

    [Test]
    public void WhatWasAskedBeforeChangesNothing()
    {
        DataOrder order = new(Key, 1_000_000_007, 512);
        int expected = order.IndexAt(5, 999_999_999);
        order.IndexAt(6, 1);
        Assert.That(order.IndexAt(5, 999_999_999), Is.EqualTo(expected));
        Assert.That(order.IndexAt(6, 999_999_999), Is.Not.EqualTo(expected));
    }

    [Test]
    public void ArgumentsOutsideTheirRangeAreRefused()
    {
        DataOrder order = new(Key, 10, 3);
        Assert.Multiple(() =>
        {
            Assert.That(() => new DataOrder(Key, 0, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new DataOrder(Key, 3, 4), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new DataOrder(Key, 3, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => order.IndexAt(-1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => order.IndexAt(0, 10), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => order.IndexAt(0, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => order.Batch(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    private static int[] RunOperation(int count, int rows, long first, long tweak)
    {
        string text = $".slot output d int32 {rows} 1\n.slot input key uint8 32 1\n.entry e 0 e\n.code\ne:\n"
            + $"push {count}\npush {first}\npush {tweak}\nvec.keyed_permutation d key {DataOrder.Rounds}\nhalt\n";
        Assert.That(Assembler.TryParse(text, out VmProgram? program).ToString(), Is.EqualTo("Ok"));
        Assert.That(ProgramVerifier.Verify(program!, VmLimits.Default, out VerifiedProgram? verified).ToString(), Is.EqualTo("Ok"));
        Machine machine = new(verified!, new ScalarBackend());
        Tensor key = new(TensorType.UInt8, 32, 1);
        Key.CopyTo(key.UInt8);
        Assert.That(machine.SetInput("key", key).IsValid, Is.True);
        Assert.That(machine.Run("e", [], long.MaxValue).IsHalted, Is.True);
        return machine.Slot("d").Int32.ToArray();
    }
}
