using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

[TestFixture]
public sealed class MachineStateProofTests
{
    private const int Matrix = 2;

    private static readonly List<(string Name, Tensor Tensor)> State = SampleState.Create(7);
    private static readonly Hash256 Root = StateCommitment.Root(State);

    [Test]
    public void EveryLeafIsProved()
    {
        MachineStateTree tree = new(State);
        for (int slot = 0; slot < State.Count; slot++)
        {
            LeafLayout layout = new(State[slot].Tensor);
            for (int leaf = 0; leaf < layout.Count; leaf++)
            {
                MachineStateProof proof = tree.Prove(slot, leaf);
                byte[] content = new byte[layout.LengthOf(leaf)];
                layout.Read(State[slot].Tensor.Bytes, leaf, content);
                Assert.That(proof.Verify(Root, SampleState.Slots), Is.EqualTo(ValidationResult.Ok), $"slot {slot} leaf {leaf}");
                Assert.That(proof.Content.ToArray(), Is.EqualTo(content));
            }
        }
    }

    [Test]
    public void ThePathOfAMatrixIsThatOfItsCommitment()
    {
        Tensor tensor = State[Matrix].Tensor;
        MatrixCommitment commitment = MatrixCommitment.Compute(tensor.Int8, tensor.Rows, tensor.Columns);
        byte[] siblings = new byte[3 * Hash256.Size];
        MerkleMultiproof.Write(commitment.Tree.Span, [4], siblings);
        Assert.That(Proof().Path.SelectMany(hash => hash.ToArray()), Is.EqualTo(siblings));
    }

    [Test]
    public void ALeafThatDoesNotExistIsRefused() =>
        Assert.That(() => new MachineStateTree(State).Prove(Matrix, 6), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void EveryCheckRefuses()
    {
        MachineStateProof proof = Proof();
        Assert.Multiple(() =>
        {
            Refuses(proof with { Slot = -1 }, ValidationCode.OutOfRange);
            Refuses(proof with { Slot = State.Count }, ValidationCode.OutOfRange);
            Refuses(proof with { TensorRoots = [.. proof.TensorRoots, Hash256.Zero] }, ValidationCode.OutOfRange);
            Refuses(proof with { Leaf = -1 }, ValidationCode.OutOfRange);
            Refuses(proof with { Leaf = 6 }, ValidationCode.OutOfRange);
            Refuses(proof with { Content = proof.Content[..^1] }, ValidationCode.Malformed);
            Refuses(proof with { Content = Changed(proof, 1023) }, ValidationCode.NonZeroPadding);
            Refuses(proof with { Path = [.. proof.Path.Skip(1)] }, ValidationCode.Malformed);
            Refuses(proof with { Path = [.. proof.Path, Hash256.Zero] }, ValidationCode.Malformed);
            Refuses(proof with { Content = Changed(proof, 0) }, ValidationCode.BadOpening);
            Refuses(proof with { Leaf = 3 }, ValidationCode.BadOpening);
            Refuses(proof with { Slot = 5 }, ValidationCode.Malformed);
            Refuses(proof with { Path = [.. proof.Path.Reverse()] }, ValidationCode.BadOpening);
            Refuses(proof with { TensorRoots = [.. proof.TensorRoots.Reverse()] }, ValidationCode.BadOpening);
            Assert.That(proof.Verify(Hash256.Zero, SampleState.Slots).Code, Is.EqualTo(ValidationCode.BadOpening));
        });
    }

    [Test]
    public void NameTypeAndShapeAreBound()
    {
        VmSlot slot = SampleState.Slots[Matrix];
        foreach (VmSlot other in new[] { slot with { Name = "x" }, slot with { Rows = 34 }, slot with { Columns = 96 } })
        {
            List<VmSlot> slots = [.. SampleState.Slots];
            slots[Matrix] = other;
            Assert.That(Proof().Verify(Root, slots).Code, Is.EqualTo(ValidationCode.BadOpening), other.ToString());
        }
    }

    [Test]
    public void EncodingRoundTrips()
    {
        byte[] bytes = Proof().Encode();
        ValidationResult result = MachineStateProof.TryDecode(bytes, VmLimits.Default, out MachineStateProof? decoded);
        Assert.Multiple(() =>
        {
            Assert.That(result, Is.EqualTo(ValidationResult.Ok));
            Assert.That(decoded!.Encode(), Is.EqualTo(bytes));
            Assert.That(decoded.Verify(Root, SampleState.Slots), Is.EqualTo(ValidationResult.Ok));
            Assert.That(Hash256.Sha256(bytes).ToShortString(), Is.EqualTo("282364a8"));
        });
    }

    [Test]
    public void LimitsHold()
    {
        byte[] bytes = Proof().Encode();
        byte[] large = new byte[MachineStateProof.MaxEncodedBytes(VmLimits.Default) + 1];
        Assert.Multiple(() =>
        {
            Assert.That(Decode(bytes, new VmLimits { MaxSlots = State.Count }).IsValid);
            Assert.That(Decode(bytes, new VmLimits { MaxSlots = State.Count - 1 }).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode(large, VmLimits.Default).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(Decode((Proof() with { Content = new byte[1025] }).Encode(), VmLimits.Default).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode((Proof() with { Path = new Hash256[32] }).Encode(), VmLimits.Default).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Decode([.. bytes, 0], VmLimits.Default).Code, Is.EqualTo(ValidationCode.Malformed));
        });
    }

    [Test]
    public void TheLargestProofFitsItsLimit()
    {
        Hash256[] many = new Hash256[VmLimits.Default.MaxSlots];
        MachineStateProof proof = new(int.MaxValue, int.MaxValue, new byte[1024], new Hash256[31], many);
        Assert.That(Decode(proof.Encode(), VmLimits.Default), Is.EqualTo(ValidationResult.Ok));
    }

    [Test]
    public void MutationsNeverThrowAndNeverProveSomethingElse()
    {
        Random random = new(8);
        byte[] original = Proof().Encode();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(random.Next(2) == 0 ? 12 : bytes.Length)] = (byte)random.Next(256);
            byte[] cut = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (MachineStateProof.TryDecode(cut, VmLimits.Default, out MachineStateProof? proof).IsValid)
            {
                Assert.That(proof!.Encode(), Is.EqualTo(cut));
                Assert.That(proof.Verify(Root, SampleState.Slots).IsValid, Is.EqualTo(cut.AsSpan().SequenceEqual(original)));
            }
        }
    }

    private static MachineStateProof Proof() => new MachineStateTree(State).Prove(Matrix, 4);

    private static byte[] Changed(MachineStateProof proof, int index)
    {
        byte[] content = proof.Content.ToArray();
        content[index] ^= 1;
        return content;
    }

    private static void Refuses(MachineStateProof proof, ValidationCode code) =>
        Assert.That(proof.Verify(Root, SampleState.Slots).Code, Is.EqualTo(code), proof.ToString());

    private static ValidationResult Decode(byte[] bytes, VmLimits limits) => MachineStateProof.TryDecode(bytes, limits, out _);
}
