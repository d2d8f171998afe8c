using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Tests.Arithmetic;

[TestFixture]
public sealed class SwapOrNotShuffleTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    [TestCase(255)]
    [TestCase(256)]
    [TestCase(257)]
    [TestCase(1000)]
    public void IsABijection(int count)
    {
        SwapOrNotShuffle shuffle = new(Key, 3, count, 90);
        int[] images = [.. Enumerable.Range(0, count).Select(shuffle.Permute)];
        Assert.That(images.Order(), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [FsCheck.NUnit.Property(MaxTest = 30)]
    public bool IsABijectionForAnyKey(byte[] key, long tweak, ushort size)
    {
        int count = 1 + (size % 600);
        SwapOrNotShuffle shuffle = new(key, tweak, count, 20);
        return Enumerable.Range(0, count).Select(shuffle.Permute).Distinct().Count() == count;
    }

    /// <summary>The function of the Ethereum consensus specification (compute_shuffled_index), written out.</summary>
    [Test]
    public void FollowsTheSpecification([Values(3, 300, 700)] int count)
    {
        byte[] seed = SHA256.HashData([.. Key, 9, 0, 0, 0, 0, 0, 0, 0]);
        SwapOrNotShuffle shuffle = new(Key, 9, count, 90);
        for (int i = 0; i < count; i++)
        {
            Assert.That(shuffle.Permute(i), Is.EqualTo(ComputeShuffledIndex(i, count, seed)));
        }
    }

    [Test]
    public void ARangeHasTheImagesOfItsPositions([Values(1, 300, 1 << 24)] int count)
    {
        SwapOrNotShuffle shuffle = new(Key, 9, count, 90);
        int first = count / 3;
        int[] images = new int[Math.Min(count - first, 50)];
        shuffle.Permute(first, images);
        Assert.That(images, Is.EqualTo(Enumerable.Range(first, images.Length).Select(shuffle.Permute)));
    }

    /// <summary>The count is an argument that a program chooses freely, at the price of the positions that it asks for.</summary>
    [Test]
    public void TheMemoryFollowsThePositionsNotTheCount()
    {
        const int Count = 1 << 28;
        byte[] seed = SHA256.HashData([.. Key, 9, 0, 0, 0, 0, 0, 0, 0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SwapOrNotShuffle shuffle = new(Key, 9, Count, 90);
        int image = shuffle.Permute(12_345_678);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
        Assert.That(image, Is.EqualTo(ComputeShuffledIndex(12_345_678, Count, seed)));
    }

    [Test]
    public void IsPinned()
    {
        SwapOrNotShuffle shuffle = new(Key, 0, 10, 90);
        Assert.That(Enumerable.Range(0, 10).Select(shuffle.Permute), Is.EqualTo(new[] { 1, 9, 6, 0, 4, 8, 2, 5, 7, 3 }));
    }

    private static int ComputeShuffledIndex(int index, int count, byte[] seed)
    {
        ulong n = (ulong)count;
        ulong current = (ulong)index;
        for (byte round = 0; round < 90; round++)
        {
            ulong pivot = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData([.. seed, round])) % n;
            ulong flip = (pivot + n - current) % n;
            ulong position = Math.Max(current, flip);
            byte[] source = SHA256.HashData([.. seed, round, .. BitConverter.GetBytes((uint)(position / 256))]);
            byte value = source[position % 256 / 8];
            current = ((value >> (int)(position % 8)) & 1) == 1 ? flip : current;
        }

        return (int)current;
    }
}
