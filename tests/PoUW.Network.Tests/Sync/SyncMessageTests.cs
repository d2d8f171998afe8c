using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Codec;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Sync;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Sync;

/// <summary>Every message reads what it writes, refuses what breaks a limit or the canonical form, and never throws.</summary>
[TestFixture]
internal sealed class SyncMessageTests
{
    private const int MaxBlockBytes = 64 * 1024;
    private const int Inline = 16 * 1024;
    private const int AnswerBytes = 32 * 1024;

    private static readonly Block Sample = MakeBlock();
    private static readonly Transaction Payment = SyncChains.Pay(3);
    private static readonly HeaderAnnouncement Header = new(Sample.SignedHeader, Sample.Certificate.PublicData);

    private static readonly (string Name, byte[] Encoded, Func<byte[], byte[]?> Read)[] Messages =
    [
        ("headers request", new HeadersRequest([Id(1), Id(2)], 5).Encode(), bytes => HeadersRequest.TryDecode(bytes)?.Encode()),
        ("headers response", new HeadersResponse(9, 3, [Header, Header]).Encode(), bytes => HeadersResponse.TryDecode(bytes, 4)?.Encode()),
        ("bodies request", new BodiesRequest([Id(1), Id(2)]).Encode(), bytes => BodiesRequest.TryDecode(bytes)?.Encode()),
        ("bodies response", BodiesResponse.Encode(7, [Sample.Encode(), Sample.Encode()]), bytes =>
            BodiesResponse.TryDecode(bytes, 4, AnswerBytes, MaxBlockBytes) is { } read
                ? BodiesResponse.Encode(read.WitnessFloor, [.. read.Blocks.Select(static block => block.Encode())])
                : null),
        ("transactions request", new TransactionsRequest([Id(1), Id(2)]).Encode(), bytes => TransactionsRequest.TryDecode(bytes)?.Encode()),
        ("transactions response", new TransactionsResponse([Payment, SyncChains.Pay(4)]).Encode(), bytes => TransactionsResponse.TryDecode(bytes, 4, AnswerBytes)?.Encode()),
        ("pool response", new PoolResponse([Id(1), Id(2)]).Encode(), bytes => PoolResponse.TryDecode(bytes, 4)?.Encode()),
        ("announced header", BlockAnnouncement.Encode(Sample, 0), ReadAnnouncement),
        ("announced block", BlockAnnouncement.Encode(Sample, Inline), ReadAnnouncement),
        ("announced id", TransactionAnnouncement.Encode(Payment, 0), ReadTransaction),
        ("announced transaction", TransactionAnnouncement.Encode(Payment, Inline), ReadTransaction),
        ("snapshot request", new SnapshotRequest(Id(1), null, Id(2)).Encode(), bytes => SnapshotRequest.TryDecode(bytes)?.Encode()),
        ("chunk request", new SnapshotRequest(Id(1), 300, null).Encode(), bytes => SnapshotRequest.TryDecode(bytes)?.Encode()),
        ("snapshot response", new SnapshotResponse(5, 2, SyncChains.WithoutWitness(Sample), [new Receipt(Id(1), ValidationCode.Ok, 5, Amount.Zero)],
            [Sample.Header]).Encode(), bytes => SnapshotResponse.TryDecode(bytes, Sample.Id, MaxBlockBytes)?.Encode()),
    ];

    private static IEnumerable<TestCaseData> Cases => Messages.Select(static message => new TestCaseData(message.Encoded, message.Read).SetArgDisplayNames(message.Name));

    [TestCaseSource(nameof(Cases))]
    public void A_message_reads_what_it_writes(byte[] encoded, Func<byte[], byte[]?> read) => Assert.That(read(encoded), Is.EqualTo(encoded));

    [TestCaseSource(nameof(Cases))]
    public void What_is_cut_or_longer_is_refused(byte[] encoded, Func<byte[], byte[]?> read)
    {
        for (int length = 0; length < encoded.Length; length += 1 + (length / 64))
        {
            Assert.That(read(encoded[..length]), Is.Null, $"{length} bytes");
        }

        Assert.That(read([.. encoded, 0]), Is.Null);
    }

    /// <summary>What is read from a changed message is written as it was read: there are no two encodings of one meaning.</summary>
    [TestCaseSource(nameof(Cases))]
    public void Changed_messages_are_refused_or_canonical(byte[] encoded, Func<byte[], byte[]?> read)
    {
        Random random = new(5);
        int refused = 0;
        for (int i = 0; i < 4_000; i++)
        {
            byte[] changed = Mutate(encoded, random);
            byte[]? again = read(changed);
            refused += again is null ? 1 : 0;
            Assert.That(again is null || again.AsSpan().SequenceEqual(changed), Is.True);
        }

        Assert.That(refused, Is.GreaterThan(200));
    }

    [Test]
    public void Lists_have_limits()
    {
        Hash256[] ids = [.. Enumerable.Range(0, TransactionsRequest.MaxIds + 1).Select(static i => Hash256.Sha256(BitConverter.GetBytes(i)))];
        Assert.That(HeadersRequest.TryDecode(new HeadersRequest(ids[..HeadersRequest.MaxLocator], 1).Encode()), Is.Not.Null);
        Assert.That(HeadersRequest.TryDecode(new HeadersRequest(ids[..(HeadersRequest.MaxLocator + 1)], 1).Encode()), Is.Null);
        Assert.That(HeadersRequest.TryDecode(new HeadersRequest([], 1).Encode()), Is.Null);
        Assert.That(HeadersRequest.TryDecode(new HeadersRequest(ids[..1], 0).Encode()), Is.Null);
        Assert.That(HeadersRequest.TryDecode(new HeadersRequest(ids[..1], HeadersRequest.MaxHeaders + 1).Encode()), Is.Null);
        Assert.That(BodiesRequest.TryDecode(new BodiesRequest(ids[..BodiesRequest.MaxIds]).Encode()), Is.Not.Null);
        Assert.That(BodiesRequest.TryDecode(new BodiesRequest(ids[..(BodiesRequest.MaxIds + 1)]).Encode()), Is.Null);
        Assert.That(BodiesRequest.TryDecode(new BodiesRequest([]).Encode()), Is.Null);
        Assert.That(TransactionsRequest.TryDecode(new TransactionsRequest(ids[..TransactionsRequest.MaxIds]).Encode()), Is.Not.Null);
        Assert.That(TransactionsRequest.TryDecode(new TransactionsRequest(ids).Encode()), Is.Null);
        Assert.That(PoolResponse.TryDecode(new PoolResponse(ids[..4]).Encode(), 4), Is.Not.Null);
        Assert.That(PoolResponse.TryDecode(new PoolResponse(ids[..5]).Encode(), 4), Is.Null);
        Assert.That(PoolResponse.TryDecode(new PoolResponse([]).Encode(), 4), Is.Not.Null);
    }

    [Test]
    public void Answers_with_more_than_was_asked_for_are_refused()
    {
        Assert.That(HeadersResponse.TryDecode(new HeadersResponse(9, 0, [Header, Header]).Encode(), 1), Is.Null);
        Assert.That(BodiesResponse.TryDecode(BodiesResponse.Encode(0, [Sample.Encode(), Sample.Encode()]), 1, AnswerBytes, MaxBlockBytes), Is.Null);
        Assert.That(TransactionsResponse.TryDecode(new TransactionsResponse([Payment, Payment]).Encode(), 1, AnswerBytes), Is.Null);
        Assert.That(SnapshotResponse.TryDecode(new SnapshotResponse(5, 2, Sample, [], [.. Enumerable.Repeat(Sample.Header, 65)]).Encode(), Sample.Id, MaxBlockBytes), Is.Null);
    }

    [Test]
    public void Sizes_are_checked_before_anything_is_read()
    {
        byte[] large = new byte[4 * 1024 * 1024];
        Assert.That(BlockAnnouncement.TryDecode(large, Inline, MaxBlockBytes), Is.Null);
        Assert.That(TransactionAnnouncement.TryDecode(large, Inline), Is.Null);
        Assert.That(HeadersResponse.TryDecode(large, 1), Is.Null);
        Assert.That(BodiesResponse.TryDecode(large, 1, AnswerBytes, MaxBlockBytes), Is.Null);
        Assert.That(SnapshotResponse.TryDecode(large, Sample.Id, MaxBlockBytes), Is.Null);

        // A whole block or transaction above the limit is refused although the message is short enough.
        Assert.That(BlockAnnouncement.TryDecode(BlockAnnouncement.Encode(Sample, Inline), Sample.Encode().Length - 1, MaxBlockBytes), Is.Null);
        Assert.That(TransactionAnnouncement.TryDecode(TransactionAnnouncement.Encode(Payment, Inline), Payment.EncodedLength - 1), Is.Null);
    }

    [Test]
    public void An_announcement_carries_a_block_only_if_it_is_small()
    {
        int size = Sample.Encode().Length;
        Assert.That(BlockAnnouncement.TryDecode(BlockAnnouncement.Encode(Sample, size), size, MaxBlockBytes)!.Block, Is.Not.Null);
        Assert.That(BlockAnnouncement.TryDecode(BlockAnnouncement.Encode(Sample, size - 1), size, MaxBlockBytes)!.Block, Is.Null);
        Assert.That(BlockAnnouncement.BlockIn(BlockAnnouncement.Encode(Sample, size)).Length, Is.EqualTo(size));
        Assert.That(BlockAnnouncement.BlockIn(BlockAnnouncement.Encode(Sample, 0)).Length, Is.Zero);
        Assert.That(BlockAnnouncement.TryDecode(new RlpWriter().BeginList().Write(2UL).Write(Id(1)).EndList().Finish(), Inline, MaxBlockBytes), Is.Null);
    }

    private static byte[]? ReadAnnouncement(byte[] bytes) => BlockAnnouncement.TryDecode(bytes, Inline, MaxBlockBytes) is not { } read
        ? null
        : read.Block is { } block
            ? BlockAnnouncement.Encode(block, Inline)
            : BlockAnnouncement.Encode(new Block(read.Header.Signed.Header, [], new(read.Header.PublicData, default), read.Header.Signed.Seal), 0);

    private static byte[]? ReadTransaction(byte[] bytes) => TransactionAnnouncement.TryDecode(bytes, Inline) is not { } read
        ? null
        : read.Transaction is { } transaction
            ? TransactionAnnouncement.Encode(transaction, Inline)
            : new RlpWriter().BeginList().Write(0UL).Write(read.Id).EndList().Finish();

    private static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. bytes];
    }

    private static Hash256 Id(byte number) => Hash256.Sha256([number]);

    private static Block MakeBlock()
    {
        BlockChain chain = SyncChains.Open(new SimulationWorld(start: SyncChains.Start).Time);
        return SyncChains.Next(chain, [SyncChains.Pay(0), SyncChains.Pay(1)]);
    }
}
