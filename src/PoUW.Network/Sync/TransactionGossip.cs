using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>
/// Gossips transactions on the topics of their kinds: small ones whole, long ones by their id, to be fetched from the sender, or
/// from others when that takes long or gives nothing. Thread-safe.
/// </summary>
internal sealed class TransactionGossip
{
    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly SyncTasks _tasks;
    private readonly Action<Transaction> _admitted;
    private readonly HedgedRequests _requests;
    private readonly AnnouncementPlaces _fetching;

    internal TransactionGossip(
        BlockChain chain, TransactionPool pool, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
        Action<Transaction> admitted)
    {
        (_chain, _pool, _network, _options, _tasks, _admitted) = (chain, pool, network, options, tasks, admitted);
        _requests = new HedgedRequests(new HedgedOptions(options.HedgeDelay, options.MaxSources), time, network.Report, network.Stopping);
        _fetching = new AnnouncementPlaces(options.MaxFetchedTransactions, options.MaxFetchedTransactionsPerPeer);
        foreach (TransactionTopic topic in TransactionTopics.All)
        {
            TransactionLane lane = new(options, tasks, Admit);
            network.Subscribe(topic.Name, (peer, message) => OnMessageAsync(topic, lane, peer, message), topic.ToOptions(options));
        }
    }

    /// <summary>Gossips a transaction that the pool admitted.</summary>
    internal Task PublishAsync(Transaction transaction)
    {
        TransactionTopic topic = TransactionTopics.Of(transaction.Body.Kind);
        return _network.PublishAsync(topic.Name, TransactionAnnouncement.Encode(transaction, InlineBytesOf(topic)));
    }

    /// <summary>Fetches what waits in a peer's pool and is not known here.</summary>
    internal async Task ExchangeAsync(PeerId peer)
    {
        SyncAnswer answer = await _network.AskAsync(peer, SyncProtocols.Pool, default, StreamPriority.Normal, _options.RequestTimeout);
        if (!answer.IsThere)
        {
            return;
        }

        if (PoolResponse.TryDecode(answer.Bytes.Span, _options.MaxTransactionIds) is not { } pool)
        {
            _network.Punish(peer, "malformed list of transactions");
            return;
        }

        List<Hash256> missing = [.. pool.Ids.Where(id => !IsKnown(id))];
        while (missing.Count > 0)
        {
            // Those that are left out at the beginning of an answer do not wait there any more.
            List<Transaction>? fetched = await FetchAsync(peer, missing);
            if (fetched is null || fetched.Count == 0)
            {
                return;
            }

            IReadOnlyList<ValidationResult> results = Admit(fetched);
            if (results.Any(static result => result.Verdict == GossipVerdict.Reject))
            {
                _network.Punish(peer, "invalid transactions");
                return;
            }

            missing.RemoveRange(0, missing.IndexOf(fetched[^1].Id) + 1);
        }
    }

    private int InlineBytesOf(TransactionTopic topic) => Math.Min(topic.InlineBytes, _options.InlineTransactionBytes);

    private async ValueTask<GossipOutcome> OnMessageAsync(TransactionTopic topic, TransactionLane lane, PeerId peer, ReadOnlyMemory<byte> message)
    {
        if (TransactionAnnouncement.TryDecode(message.Span, InlineBytesOf(topic)) is not { } announced)
        {
            return GossipVerdict.Reject;
        }

        try
        {
            return announced.Transaction is { } transaction
                ? await JudgeAsync(topic, lane, transaction)
                : await JudgeByIdAsync(topic, lane, peer, announced.Id);
        }
        catch (OperationCanceledException) when (_network.Stopping.IsCancellationRequested)
        {
            return GossipVerdict.Ignore;
        }
    }

    private async Task<GossipOutcome> JudgeByIdAsync(TransactionTopic topic, TransactionLane lane, PeerId peer, Hash256 id)
    {
        if (IsKnown(id))
        {
            return GossipVerdict.Ignore;
        }

        if (!_fetching.TryEnter(peer))
        {
            return GossipOutcome.RefuseSender;
        }

        Found? found;
        try
        {
            IEnumerable<PeerId> sources = _network.Sources(peer, id).Take(_options.MaxSources);
            found = await _requests.FirstAsync(sources, (source, end) => FetchOneAsync(source, id, end));
        }
        finally
        {
            _fetching.Leave(peer);
        }

        return found is { Transaction: var transaction } ? await JudgeAsync(topic, lane, transaction) : GossipOutcome.RefuseSender;
    }

    private async Task<Found?> FetchOneAsync(PeerId peer, Hash256 id, CancellationToken end) =>
        await FetchAsync(peer, [id], end) is [Transaction transaction] ? new Found(transaction) : null;

    /// <summary>A transaction on the topic of another kind would bypass that one's queue.</summary>
    private static async Task<GossipOutcome> JudgeAsync(TransactionTopic topic, TransactionLane lane, Transaction transaction) =>
        TransactionTopics.Of(transaction.Body.Kind) == topic ? (await lane.EnqueueAsync(transaction)).Verdict : GossipVerdict.Reject;

    /// <summary>Transactions from a peer, in the order of the ids; null if it gave none, or others than it was asked for.</summary>
    private async Task<List<Transaction>?> FetchAsync(PeerId peer, List<Hash256> ids, CancellationToken? end = null)
    {
        TransactionsRequest request = new([.. ids.Take(_options.MaxTransactionIds)]);
        SyncAnswer answer = await _network.AskAsync(
            peer, SyncProtocols.Transactions, request.Encode(), StreamPriority.Normal, _options.RequestTimeout, end);
        if (!answer.IsThere)
        {
            return null;
        }

        TransactionsResponse? response = TransactionsResponse.TryDecode(answer.Bytes.Span, request.Ids.Count, _options.AnswerBytes);
        int at = 0;
        foreach (Transaction transaction in response?.Transactions ?? [])
        {
            while (at < request.Ids.Count && request.Ids[at] != transaction.Id)
            {
                at++;
            }

            at++;
        }

        if (response is null || at > request.Ids.Count)
        {
            _network.Punish(peer, "transactions that nobody asked for");
            return null;
        }

        return [.. response.Transactions];
    }

    private bool IsKnown(Hash256 id) => _pool.Find(id) is not null || _chain.FindTransaction(id) is not null;

    private IReadOnlyList<ValidationResult> Admit(IReadOnlyList<Transaction> transactions)
    {
        IReadOnlyList<ValidationResult> results = _pool.AdmitAll(transactions);
        for (int i = 0; i < results.Count; i++)
        {
            if (results[i].IsValid)
            {
                _admitted(transactions[i]);
            }
        }

        return results;
    }

    private readonly record struct Found(Transaction Transaction);
}
