using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

[TestFixture]
public sealed class StateTests
{
    [Test]
    public void AccumulatorBuildsTheTreeOfRfc6962([Values(1, 2, 3, 4, 5, 7, 8, 13)] int leaves)
    {
        MerkleAccumulator tree = new();
        List<byte[]> hashes = [];
        for (int i = 0; i < leaves; i++)
        {
            tree.Add([(byte)i]);
            hashes.Add(SHA256.HashData([0, (byte)i]));
        }

        Assert.That(tree.Root().ToArray(), Is.EqualTo(Split(hashes)));
    }

    [Test]
    public void LeavesOfTheAccumulatorMayBeOfAnyLength([Values(1023, 1024, 1025, 5000)] int length)
    {
        MerkleAccumulator tree = new();
        byte[] content = [.. Enumerable.Range(0, length).Select(static i => (byte)(i % 251))];
        tree.Add(content);
        Assert.That(tree.Root().ToArray(), Is.EqualTo(SHA256.HashData([0, .. content])));
        tree.Add([7]);
        Assert.That(tree.Root().ToArray(), Is.EqualTo(Split([SHA256.HashData([0, .. content]), SHA256.HashData([0, 7])])), "a short leaf after it");
    }

    [Test]
    public void EmptyAccumulatorIsTheHashOfNothing() => Assert.That(new MerkleAccumulator().Root(), Is.EqualTo(Hash256.Sha256([])));

    [Test]
    public void RootDependsOnEveryByteNameTypeAndShape()
    {
        HashSet<Hash256> roots = [];
        roots.Add(Root("a", TensorType.Int32, 300, 2, -1));
        roots.Add(Root("b", TensorType.Int32, 300, 2, -1));
        roots.Add(Root("a", TensorType.Int64, 300, 1, -1));
        roots.Add(Root("a", TensorType.Int32, 2, 300, -1));
        for (int i = 0; i < 2400; i += 97)
        {
            roots.Add(Root("a", TensorType.Int32, 300, 2, i));
        }

        Assert.That(roots, Has.Count.EqualTo(4 + 25));
    }

    [Test]
    public void RootIsPinned() =>
        Assert.That(Root("fc1.weight", TensorType.Int32, 300, 2, 5).ToShortString(), Is.EqualTo("b742f381"));

    [Test]
    public void RootDependsOnTheOrder()
    {
        Tensor tensor = new(TensorType.Int8, 1, 1);
        Assert.That(StateCommitment.Root([("a", tensor), ("b", tensor)]), Is.Not.EqualTo(StateCommitment.Root([("b", tensor), ("a", tensor)])));
    }

    [Test]
    public void StateRoundTrips()
    {
        byte[] bytes = MachineState.Encode(Sample());
        ValidationResult result = MachineState.TryDecode(bytes, VmLimits.Default, out IReadOnlyList<(string Name, Tensor Tensor)>? decoded);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsValid, result.ToString());
            Assert.That(MachineState.Encode(decoded!), Is.EqualTo(bytes));
            Assert.That(StateCommitment.Root(decoded!), Is.EqualTo(StateCommitment.Root(Sample())));
        });
    }

    [Test]
    public void StateSurvivesMutations()
    {
        Random random = new(3);
        byte[] original = MachineState.Encode(Sample());
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(40)] = (byte)random.Next(256);
            byte[] cut = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (MachineState.TryDecode(cut, VmLimits.Default, out IReadOnlyList<(string Name, Tensor Tensor)>? decoded).IsValid)
            {
                Assert.That(MachineState.Encode(decoded!).AsSpan().SequenceEqual(cut));
            }
        }
    }

    [Test]
    public void StateNegatives()
    {
        byte[] bytes = MachineState.Encode(Sample());
        Assert.Multiple(() =>
        {
            Assert.That(Decode([]), Is.False);
            Assert.That(Decode([255, 255, 255, 255]), Is.False);
            Assert.That(Decode([.. bytes, 0]), Is.False);
            Assert.That(Decode(bytes[..^1]), Is.False);
            Assert.That(Decode(bytes, new VmLimits { MaxSlots = 1 }), Is.False);
            Assert.That(Decode(bytes, new VmLimits { MaxSlotBytes = 23 }), Is.False);
            Assert.That(Decode(bytes, new VmLimits { MaxNameBytes = 1 }), Is.False);
            Assert.That(Decode(bytes, new VmLimits { MaxSlotBytes = 24 }), Is.True);
        });
    }

    private static bool Decode(byte[] bytes, VmLimits? limits = null) =>
        MachineState.TryDecode(bytes, limits ?? VmLimits.Default, out _).IsValid;

    private static List<(string Name, Tensor Tensor)> Sample()
    {
        Tensor first = new(TensorType.Int32, 2, 3);
        first.Int32.Fill(-9);
        return [("fc1", first), ("fc2", new Tensor(TensorType.Int8, 5, 1))];
    }

    private static Hash256 Root(string name, TensorType type, int rows, int columns, int changedByte)
    {
        Tensor tensor = new(type, rows, columns);
        if (changedByte >= 0)
        {
            tensor.Bytes[changedByte] = 1;
        }

        return StateCommitment.Root([(name, tensor)]);
    }

    /// <summary>The definition of RFC 6962: split at the largest power of two below the count.</summary>
    private static byte[] Split(List<byte[]> hashes)
    {
        if (hashes.Count == 1)
        {
            return hashes[0];
        }

        int left = 1;
        while (left * 2 < hashes.Count)
        {
            left *= 2;
        }

        return SHA256.HashData([1, .. Split(hashes[..left]), .. Split(hashes[left..])]);
    }
}
