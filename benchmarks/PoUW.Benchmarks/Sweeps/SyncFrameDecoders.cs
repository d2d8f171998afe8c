using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Sync;
using PoUW.Network.Tests.Sync;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>The decoders of what nodes say about chains and transactions.</summary>
internal static class SyncFrameDecoders
{
    private const int MaxBlockBytes = 64 * 1024;
    private const int Inline = 16 * 1024;
    private const int AnswerBytes = 32 * 1024;

    private static readonly Block Sample = MakeBlock();
    private static readonly Transaction Payment = SyncChains.Pay(3);
    private static readonly HeaderAnnouncement Header = new(Sample.SignedHeader, Sample.Certificate.PublicData);

    public static IEnumerable<FrameDecoder> All => [.. Requests(), .. Responses(), .. Announcements()];

    private static IEnumerable<FrameDecoder> Requests()
    {
        yield return new FrameDecoder("headers request", [new HeadersRequest([Id(1), Id(2)], 5).Encode()], static bytes => HeadersRequest.TryDecode(bytes)?.Encode());
        yield return new FrameDecoder("bodies request", [new BodiesRequest([Id(1), Id(2)]).Encode()], static bytes => BodiesRequest.TryDecode(bytes)?.Encode());
        yield return new FrameDecoder("transactions request", [new TransactionsRequest([Id(1), Id(2)]).Encode()], static bytes =>
            TransactionsRequest.TryDecode(bytes)?.Encode());
        yield return new FrameDecoder(
            "snapshot request",
            [new SnapshotRequest(Id(1), null, Id(2)).Encode(), new SnapshotRequest(Id(1), 300, null).Encode()],
            static bytes => SnapshotRequest.TryDecode(bytes)?.Encode());
    }

    private static IEnumerable<FrameDecoder> Responses()
    {
        yield return new FrameDecoder("headers response", [new HeadersResponse(9, 3, [Header, Header]).Encode()], static bytes =>
            HeadersResponse.TryDecode(bytes, 4)?.Encode());
        yield return new FrameDecoder("bodies response", [BodiesResponse.Encode(7, [Sample.Encode(), Sample.Encode()])], static bytes =>
            BodiesResponse.TryDecode(bytes, 4, AnswerBytes, MaxBlockBytes) is { } read
                ? BodiesResponse.Encode(read.WitnessFloor, [.. read.Blocks.Select(static block => block.Encode())])
                : null);
        yield return new FrameDecoder("transactions response", [new TransactionsResponse([Payment, SyncChains.Pay(4)]).Encode()], static bytes =>
            TransactionsResponse.TryDecode(bytes, 4, AnswerBytes)?.Encode());
        yield return new FrameDecoder("pool response", [new PoolResponse([Id(1), Id(2)]).Encode()], static bytes => PoolResponse.TryDecode(bytes, 4)?.Encode());
        SnapshotResponse snapshot = new(
            5, 2, SyncChains.WithoutWitness(Sample), [new Receipt(Id(1), ValidationCode.Ok, 5, Amount.Zero)], [Sample.Header]);
        SnapshotChunk chunk = new(
            [new SnapshotLeaf(Id(2), new byte[40]), new SnapshotLeaf(Id(3), new byte[3])], Id(1), Id(4), new SnapshotEdge(3, [Id(5)]), new SnapshotEdge(4, [Id(6), Id(7)]));
        yield return new FrameDecoder("snapshot chunk", [chunk.Encode(), (chunk with { Previous = null, PreviousValueHash = default, Left = null }).Encode()], static bytes =>
            SnapshotChunk.TryDecode(bytes, out SnapshotChunk? read).IsValid ? read!.Encode() : null);
        yield return new FrameDecoder("snapshot response", [snapshot.Encode()], static bytes => SnapshotResponse.TryDecode(bytes, Sample.Id, MaxBlockBytes)?.Encode());
    }

    private static IEnumerable<FrameDecoder> Announcements()
    {
        yield return new FrameDecoder("block announcement", [BlockAnnouncement.Encode(Sample, 0), BlockAnnouncement.Encode(Sample, Inline)], ReadBlock);
        yield return new FrameDecoder(
            "transaction announcement", [TransactionAnnouncement.Encode(Payment, 0), TransactionAnnouncement.Encode(Payment, Inline)], ReadTransaction);
    }

    /// <summary>A header alone is not written again: only whole blocks are.</summary>
    private static byte[]? ReadBlock(byte[] bytes) => BlockAnnouncement.TryDecode(bytes, Inline, MaxBlockBytes) is { } read
        ? read.Block is null ? bytes : BlockAnnouncement.Encode(read.Block, Inline)
        : null;

    private static byte[]? ReadTransaction(byte[] bytes) => TransactionAnnouncement.TryDecode(bytes, Inline) is { } read
        ? read.Transaction is null ? bytes : TransactionAnnouncement.Encode(read.Transaction, Inline)
        : null;

    private static Hash256 Id(int number) => Hash256.Sha256([(byte)number]);

    private static Block MakeBlock()
    {
        BlockChain chain = SyncChains.Open(new StandingTime(SyncChains.Start));
        return SyncChains.Next(chain, [SyncChains.Pay(0), SyncChains.Pay(1)]);
    }

    private sealed class StandingTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
