using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

[TestFixture]
public sealed class MachineStateTreeTests
{
    [Test]
    public void EqualsTheDefinitionAfterRandomWrites([Values(1, 2, 3)] int seed)
    {
        Random random = new(seed);
        List<(string Name, Tensor Tensor)> state = SampleState.Create(seed);
        MachineStateTree tree = new(state);
        for (int round = 0; round < 60; round++)
        {
            for (int writes = random.Next(6); writes > 0; writes--)
            {
                int slot = random.Next(state.Count);
                Span<byte> bytes = state[slot].Tensor.Bytes;
                int offset = random.Next(bytes.Length);
                int length = random.Next(4) == 0 ? bytes.Length - offset : Math.Min(random.Next(1, 40), bytes.Length - offset);
                random.NextBytes(bytes.Slice(offset, length));
                Mark(tree, slot, offset, length, whole: random.Next(5) == 0);
            }

            Assert.That(tree.Root(), Is.EqualTo(StateCommitment.Root(state)), $"round {round}");
        }
    }

    [Test]
    public void EveryByteCountsWhenOnlyItIsMarked()
    {
        List<(string Name, Tensor Tensor)> state = SampleState.Create(4);
        MachineStateTree tree = new(state);
        tree.Root();
        for (int slot = 0; slot < state.Count; slot++)
        {
            Tensor tensor = state[slot].Tensor;
            for (int offset = 0; offset < tensor.Bytes.Length; offset += 509)
            {
                tensor.Bytes[offset] ^= 1;
                tree.MarkDirty(slot, offset, 1);
                Assert.That(tree.TensorRoot(slot), Is.EqualTo(StateCommitment.TensorRoot(state[slot].Name, tensor)), $"slot {slot} byte {offset}");
            }
        }
    }

    [Test]
    public void OnlyWhatIsMarkedIsHashed()
    {
        List<(string Name, Tensor Tensor)> state = SampleState.Create(5);
        MachineStateTree tree = new(state);
        tree.Root();
        state[0].Tensor.Bytes[0] ^= 1;
        state[0].Tensor.Bytes[1500] ^= 1;
        tree.MarkDirty(0, 1500, 1);
        state[0].Tensor.Bytes[0] ^= 1;
        Assert.That(tree.Root(), Is.EqualTo(StateCommitment.Root(state)), "the unmarked change was taken back");
        state[0].Tensor.Bytes[0] ^= 1;
        Assert.That(tree.Root(), Is.Not.EqualTo(StateCommitment.Root(state)), "an unmarked change is not seen: that is why the machine marks");
        tree.MarkDirty(0);
        Assert.That(tree.Root(), Is.EqualTo(StateCommitment.Root(state)));
    }

    [Test]
    public void RangesOutsideATensorAreRefused()
    {
        MachineStateTree tree = new(SampleState.Create(6));
        Assert.Multiple(() =>
        {
            Assert.That(() => tree.MarkDirty(0, -1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => tree.MarkDirty(0, 0, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => tree.MarkDirty(0, 2399, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => tree.MarkDirty(0, 2400, 0), Throws.Nothing);
            Assert.That(() => tree.MarkDirty(0, long.MaxValue, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void CountsItsTensors() => Assert.That(new MachineStateTree(SampleState.Create(7)).Count, Is.EqualTo(SampleState.Slots.Count));

    [Test]
    public void AnEmptyStateHasTheRootOfTheDefinition() => Assert.That(new MachineStateTree([]).Root(), Is.EqualTo(StateCommitment.Root([])));

    private static void Mark(MachineStateTree tree, int slot, int offset, int length, bool whole)
    {
        if (whole)
        {
            tree.MarkDirty(slot);
        }
        else
        {
            tree.MarkDirty(slot, offset, length);
        }
    }
}
