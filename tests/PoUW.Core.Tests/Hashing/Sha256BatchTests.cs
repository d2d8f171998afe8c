using System.Security.Cryptography;
using PoUW.Core.Hashing;

namespace PoUW.Core.Tests.Hashing;

public sealed class Sha256BatchTests
{
    [Test]
    public void BatchesEqualThePlatformHash([Values(0, 1, 55, 56, 64, 65, 108, 1025)] int length, [Values(0, 1, 3, 4, 8, 9, 15, 16, 17, 25, 31, 32)] int count)
    {
        var random = new Random(length + count);
        int slotBytes = Sha256Batch.SlotBytes(length);
        byte[] slots = new byte[slotBytes * Sha256Batch.Lanes];
        random.NextBytes(slots);
        for (int i = 0; i < Sha256Batch.Lanes; i++)
        {
            Sha256Batch.WritePadding(slots.AsSpan(i * slotBytes, slotBytes), length);
        }

        byte[] digests = new byte[(count * Sha256Batch.DigestBytes) + 1];
        digests[^1] = 0x5a;
        Sha256Batch.Hash(slots, length, count, digests);

        for (int i = 0; i < count; i++)
        {
            Assert.That(digests[(i * 32)..((i + 1) * 32)], Is.EqualTo(SHA256.HashData(slots.AsSpan(i * slotBytes, length))));
        }

        Assert.That(digests[^1], Is.EqualTo(0x5a), "nothing is written beyond the digests");
    }

    [Test]
    public void ShortSpansAndWrongCountsAreRefused()
    {
        Assert.That(() => Sha256Batch.Hash(new byte[(32 * 64) - 1], 10, 5, new byte[1024]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sha256Batch.Hash(new byte[32 * 64], 10, 5, new byte[159]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sha256Batch.Hash(new byte[32 * 64], 10, 33, new byte[1056]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sha256Batch.Hash(new byte[32 * 64], 10, -1, new byte[544]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sha256Batch.Hash(new byte[32 * 64], -1, 5, new byte[1024]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
