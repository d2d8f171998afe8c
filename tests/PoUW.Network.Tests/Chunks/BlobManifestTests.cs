using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Chunks;

namespace PoUW.Network.Tests.Chunks;

internal sealed class BlobManifestTests
{
    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(100, 1)]
    [TestCase(101, 2)]
    [TestCase(1000, 10)]
    public void RoundTrips(int length, int chunks)
    {
        BlobManifest manifest = BlobManifest.Describe(new byte[length], 100);
        Assert.That(manifest.Chunks, Has.Count.EqualTo(chunks));
        Assert.That(BlobManifest.TryDecode(manifest.Encode(), 100, 1000, out BlobManifest? read).IsValid, Is.True);
        Assert.That((read!.TotalBytes, read.ChunkBytes, read.Address), Is.EqualTo((manifest.TotalBytes, 100, manifest.Address)));
        Assert.That(read.Chunks, Is.EqualTo(manifest.Chunks));
        Assert.That(Enumerable.Range(0, chunks).Sum(read.LengthOf), Is.EqualTo(length));
    }

    [TestCase(1UL, 250UL, 100UL, 3, ValidationCode.Ok)]
    [TestCase(2UL, 250UL, 100UL, 3, ValidationCode.WrongVersion)]
    [TestCase(1UL, 250UL, 100UL, 2, ValidationCode.Malformed)]
    [TestCase(1UL, 250UL, 100UL, 4, ValidationCode.Malformed)]
    [TestCase(1UL, 250UL, 0UL, 3, ValidationCode.OutOfRange)]
    [TestCase(1UL, 250UL, 101UL, 3, ValidationCode.OutOfRange)]
    [TestCase(1UL, 1001UL, 100UL, 11, ValidationCode.TooLarge)]
    [TestCase(1UL, ulong.MaxValue, 100UL, 3, ValidationCode.TooLarge)]
    public void FieldsAreChecked(ulong version, ulong total, ulong chunkLength, int chunks, ValidationCode expected)
    {
        RlpWriter writer = new RlpWriter().BeginList().Write(version).Write(total).Write(chunkLength).BeginList();
        for (int i = 0; i < chunks; i++)
        {
            writer.Write(Hash256.Zero);
        }

        byte[] bytes = writer.EndList().EndList().ToArray();
        Assert.That(BlobManifest.TryDecode(bytes, 100, 1000, out BlobManifest? manifest).Code, Is.EqualTo(expected));
        Assert.That(manifest is not null, Is.EqualTo(expected == ValidationCode.Ok));
    }

    [Test]
    public void MutationsNeverThrowAndReadBackCanonically()
    {
        Random random = new(8);
        byte[] good = BlobManifest.Describe(new byte[250], 100).Encode();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = round % 4 == 0 ? good[..random.Next(good.Length)] : [.. good, .. new byte[random.Next(3) / 2]];
            for (int flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(round % 2 == 0 ? bytes.Length : Math.Min(bytes.Length, 12))] = (byte)random.Next(256);
            }

            if (BlobManifest.TryDecode(bytes, 1000, 1_000_000, out BlobManifest? read).IsValid)
            {
                Assert.That(read!.Encode(), Is.EqualTo(bytes));
            }
        }
    }
}
