using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Chunks;

/// <summary>
/// Fetches chunks by their SHA-256 from any peer and serves those of the local store. Peers are not trusted: bytes that do not have the
/// hash count against the peer that sent them, and the next peer is asked. Members may be called from any thread; the store is called
/// from any thread too. Work ends with the node.
/// </summary>
public sealed class ChunkExchange
{
    /// <summary>The request protocol: 32 bytes of hash are answered with the chunk.</summary>
    public const string Protocol = "pouw/chunk/1";

    // What a request costs at least: a look-up, a stream, a frame.
    private const int RequestBytes = 1024;

    // A slow downlink would not get any of the copies done if all holders sent one.
    private const int MaxOpen = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, TaskCompletionSource<FetchResult>> _running = [];
    private readonly NetworkNode _node;
    private readonly LayeredChunkStore _store;
    private readonly HedgedRequests _requests;
    private readonly ServeBudget _budget;

    /// <summary>Serves the store's chunks on a node from now on.</summary>
    /// <exception cref="InvalidOperationException">The node has an exchange already.</exception>
    public ChunkExchange(NetworkNode node, IChunkStore store)
        : this(node, store, store)
    {
    }

    /// <summary>Serves the chunks of two stores on a node from now on.</summary>
    /// <param name="node">The node.</param>
    /// <param name="own">Keeps what <see cref="Put"/> stores: chunks that this node publishes.</param>
    /// <param name="cache">Keeps what was fetched from peers.</param>
    /// <exception cref="InvalidOperationException">The node has an exchange already.</exception>
    public ChunkExchange(NetworkNode node, IChunkStore own, IChunkStore cache)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(cache);
        _node = node;
        _store = new LayeredChunkStore(own, cache);
        HedgedOptions requests = new(Options.HedgeDelay, MaxOpen) { BusyPause = Options.BusyPause, BusyPatience = Options.ChunkTimeout };
        _requests = new HedgedRequests(requests, node.Time, Report, node.Stopping);
        _budget = new ServeBudget(Options.ServedBytesPerSecond, Options.TotalServedBytesPerSecond, node.Time);
        node.Serve(Protocol, ServeAsync, StreamPriority.Bulk);
    }

    /// <summary>The limits, which are the node's.</summary>
    public ChunkOptions Options => _node.Options.Chunks;

    /// <summary>Stores a chunk of this node's own, so that it is served.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer than <see cref="ChunkOptions.MaxChunkBytes"/>.</exception>
    public Hash256 Put(ReadOnlyMemory<byte> chunk)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Length, Options.MaxChunkBytes, nameof(chunk));
        return _store.PutOwn(chunk);
    }

    /// <summary>The chunk if it is in the local store.</summary>
    public ReadOnlyMemory<byte>? Find(Hash256 hash) => _store.Get(hash);

    /// <summary>Forgets a chunk of the local stores.</summary>
    public void Delete(Hash256 hash) => _store.Delete(hash);

    /// <summary>
    /// The chunk from the store, or from the first peer that gives it: the preferred ones in their order, then all others, starting at
    /// a place that depends on the hash so that load spreads; the next one when those before gave nothing or take long. Concurrent calls for one hash share one fetch (with the first call's
    /// preference); cancelling a call does not end the fetch of the others.
    /// </summary>
    public async ValueTask<FetchResult> FetchAsync(
        Hash256 hash, IReadOnlyList<PeerId>? preferredPeers = null, CancellationToken cancellation = default)
    {
        if (_store.Get(hash) is { } stored)
        {
            return new FetchResult(FetchStatus.Ok, stored);
        }

        TaskCompletionSource<FetchResult>? shared;
        bool isFirst;
        lock (_gate)
        {
            isFirst = !_running.TryGetValue(hash, out shared);
            if (isFirst)
            {
                shared = new TaskCompletionSource<FetchResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                _running.Add(hash, shared);
            }
        }

        if (isFirst && !_node.TryRun("pouw.chunk", () => FetchSharedAsync(hash, preferredPeers ?? [], shared!)))
        {
            Finish(hash, shared!, FetchResult.Fail(FetchStatus.NotFound));
        }

        return await FollowAsync(shared!.Task).WaitAsync(cancellation);
    }

    /// <summary>The shared task itself would go on outside of the caller's context when the wait for it is cancelled.</summary>
    private static async Task<FetchResult> FollowAsync(Task<FetchResult> shared) => await shared;

    private ValueTask<ReadOnlyMemory<byte>?> ServeAsync(PeerId peer, ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        if (request.Length != Hash256.Size)
        {
            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);
        }

        if (!_budget.MayServe(peer))
        {
            throw new NetworkException(NetworkError.LimitReached, "The peer has got as many bytes as it may.");
        }

        ReadOnlyMemory<byte>? chunk = _store.Get(new Hash256(request.Span));
        _budget.Charge(peer, RequestBytes + (chunk?.Length ?? 0));
        return ValueTask.FromResult(chunk is { Length: int length } && length > Options.MaxChunkBytes ? null : chunk);
    }

    private async Task FetchSharedAsync(Hash256 hash, IReadOnlyList<PeerId> preferred, TaskCompletionSource<FetchResult> shared)
    {
        FetchResult result = FetchResult.Fail(FetchStatus.NotFound);
        try
        {
            if (await _requests.FirstAsync(OrderPeers(hash, preferred), (peer, end) => AskAsync(hash, peer, end)) is { } chunk)
            {
                _store.Put(chunk);
                result = new FetchResult(FetchStatus.Ok, chunk);
            }
        }
        catch (OperationCanceledException) when (_node.Stopping.IsCancellationRequested)
        {
            // The node stops: the callers get NotFound.
            return;
        }
        finally
        {
            Finish(hash, shared, result);
        }
    }

    private async Task<HedgedAnswer<ReadOnlyMemory<byte>>> AskAsync(Hash256 hash, PeerId peer, CancellationToken cancellation)
    {
        RequestResult answer = await _node.RequestAsync(peer, Protocol, hash.ToArray(), Options.ChunkTimeout, cancellation);
        if (!answer.IsOk)
        {
            return new HedgedAnswer<ReadOnlyMemory<byte>>(null, answer.Status == RequestStatus.Refused);
        }

        if (answer.Response.Length > Options.MaxChunkBytes || Hash256.Sha256(answer.Response.Span) != hash)
        {
            _node.Punish(peer, $"wrong bytes for chunk {hash.ToShortString()}");
            return default;
        }

        return new HedgedAnswer<ReadOnlyMemory<byte>>(answer.Response);
    }

    private void Report(Exception failure) => _node.TryRun("pouw.chunk", () => Task.FromException(failure));

    private IEnumerable<PeerId> OrderPeers(Hash256 hash, IReadOnlyList<PeerId> preferred)
    {
        PeerId[] others = [.. _node.Peers.Select(static peer => peer.Id).Except(preferred)];
        int start = others.Length == 0 ? 0 : hash.ToArray()[0] % others.Length;
        return preferred.Concat(others[start..]).Concat(others[..start]);
    }

    private void Finish(Hash256 hash, TaskCompletionSource<FetchResult> shared, FetchResult result)
    {
        lock (_gate)
        {
            _running.Remove(hash);
        }

        shared.TrySetResult(result);
    }
}
