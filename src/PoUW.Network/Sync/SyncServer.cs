using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>
/// Answers what peers ask for: headers, bodies, waiting transactions. Headers and new blocks, on which consensus waits, have a share of a peer's
/// own, which no other peer and no catch-up uses up; beyond it they count with the rest. Thread-safe.
/// </summary>
internal sealed class SyncServer
{
    // What a request costs at least: decoding, look-ups, a frame.
    private const int RequestBytes = 1024;

    // Headers are cut out of the stored blocks, which have to be read.
    private const int HeaderReadBytes = 8 * 1024 * 1024;

    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly ServeBudget _budget;
    private readonly ServeBudget _urgent;
    private ulong _witnessFloor;

    internal SyncServer(BlockChain chain, TransactionPool pool, SyncNetwork network, SyncOptions options, ServeBudget budget, ServeBudget urgent)
    {
        (_chain, _pool, _network, _options, _budget, _urgent) = (chain, pool, network, options, budget, urgent);
        network.Serve(SyncProtocols.Headers, (peer, request) => Answer(peer, HeadersRequest.TryDecode(request.Span), ServeHeaders, isUrgent: true));
        network.Serve(SyncProtocols.Bodies, (peer, request) => Answer(peer, BodiesRequest.TryDecode(request.Span), ServeBodies), StreamPriority.Bulk);
        network.Serve(SyncProtocols.Block, (peer, request) => Answer(peer, OneOf(BodiesRequest.TryDecode(request.Span)), ServeBodies, isUrgent: true));
        network.Serve(SyncProtocols.Transactions, (peer, request) => Answer(peer, TransactionsRequest.TryDecode(request.Span), ServeTransactions));
        network.Serve(SyncProtocols.Pool, (peer, request) => Answer(peer, request.IsEmpty ? this : null, ServePool));
    }

    private ReadOnlyMemory<byte>? Answer<TRequest>(
        PeerId peer, TRequest? request, Func<TRequest, (byte[]? Answer, long Cost)> serve, bool isUrgent = false)
        where TRequest : class
    {
        if (request is null)
        {
            _network.Punish(peer, "malformed request");
            return null;
        }

        ServeBudget budget = isUrgent && _urgent.MayServe(peer) ? _urgent : _budget;
        if (!budget.MayServe(peer))
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        (byte[]? answer, long cost) = serve(request);
        budget.Charge(peer, cost + RequestBytes);
        return answer;
    }

    private static BodiesRequest? OneOf(BodiesRequest? request) => request is { Ids.Count: 1 } ? request : null;

    private (byte[]? Answer, long Cost) ServeHeaders(HeadersRequest request)
    {
        ulong height = CommonAncestor(request.Locator);
        List<HeaderAnnouncement> headers = [];
        long read = 0;
        while (headers.Count < Math.Min(request.Count, _options.HeadersPerRequest) && read < HeaderReadBytes
            && _chain.GetIdByHeight(++height) is { } id && _chain.GetAnnouncement(id, out int stored) is { } header)
        {
            headers.Add(header);
            read += stored;
        }

        byte[] answer = new HeadersResponse(_chain.Head.Height, Volatile.Read(ref _witnessFloor), headers).Encode();
        return (answer, read + answer.Length);
    }

    private (byte[]? Answer, long Cost) ServeBodies(BodiesRequest request)
    {
        List<byte[]> blocks = [];
        long size = 0;
        foreach (Hash256 id in request.Ids.Take(_options.BodiesPerRequest))
        {
            if (_chain.IsInvalid(id) || _chain.GetBlock(id) is not { Header.Height: > 0 } block)
            {
                continue;
            }

            byte[] encoded = block.Encode();
            if (blocks.Count > 0 && size + encoded.Length > _options.AnswerBytes)
            {
                break;
            }

            NoteWitness(block);
            blocks.Add(encoded);
            size += encoded.Length;
        }

        return (BodiesResponse.Encode(Volatile.Read(ref _witnessFloor), blocks), size);
    }

    private (byte[]? Answer, long Cost) ServeTransactions(TransactionsRequest request)
    {
        List<Transaction> found = [];
        long size = 0;
        foreach (Hash256 id in request.Ids.Take(_options.MaxTransactionIds))
        {
            if (_pool.Find(id) is not { } transaction)
            {
                continue;
            }

            if (found.Count > 0 && size + transaction.EncodedLength > _options.AnswerBytes)
            {
                break;
            }

            found.Add(transaction);
            size += transaction.EncodedLength;
        }

        return (new TransactionsResponse(found).Encode(), size + (request.Ids.Count * IdList.ItemBytes));
    }

    private (byte[]? Answer, long Cost) ServePool(SyncServer unused)
    {
        byte[] answer = new PoolResponse([.. _pool.List().Take(_options.MaxTransactionIds).Select(static transaction => transaction.Id)]).Encode();

        // Listing sorts the whole pool.
        return (answer, answer.Length + (_pool.Count * 16L));
    }

    /// <summary>Once a witness was found missing, this node says so before it sends the block: then its peers do not take it for a fault.</summary>
    private void NoteWitness(Block block)
    {
        ulong floor = Volatile.Read(ref _witnessFloor);
        while (block.Certificate.Witness.IsEmpty && floor <= block.Header.Height)
        {
            floor = Interlocked.CompareExchange(ref _witnessFloor, block.Header.Height + 1, floor);
        }
    }

    private ulong CommonAncestor(IReadOnlyList<Hash256> locator)
    {
        foreach (Hash256 id in locator)
        {
            if (_chain.GetHeader(id) is { } header && _chain.GetIdByHeight(header.Height) == id)
            {
                return header.Height;
            }
        }

        return 0;
    }
}
