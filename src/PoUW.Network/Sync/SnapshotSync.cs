using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Muxing;

namespace PoUW.Network.Sync;

/// <summary>
/// Fetches the state of a trusted block in proven chunks from all peers that offer it, before the chain is opened. Every chunk is verified
/// against the state root of the trusted header; a peer that sends a wrong one is punished and asked no more, and the chunk comes from another.
/// A chunk that takes long is asked of another peer as well, and a peer that is late again and again is left while there are others.
/// At most a window of chunks is in memory. After a crash the next run goes on behind the last chunk that was stored. Used once.
/// </summary>
public sealed class SnapshotSync
{
    private const int RequestsPerPeer = 2;
    private const int MaxStrikes = 3;

    private readonly SnapshotAdoption _adoption;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private readonly SortedDictionary<PeerId, SnapshotPeer> _peers = [];
    private readonly HashSet<PeerId> _liars = [];
    private readonly HashSet<PeerId> _left = [];
    private readonly Dictionary<int, (SnapshotChunk Chunk, SnapshotPeer From)> _here = [];
    private readonly List<SnapshotFetch> _asked = [];
    private Task<List<(PeerId Peer, ReadOnlyMemory<byte> Offer)>>? _offers;
    private CancellationToken _end;
    private Hash256? _after;
    private int _next;
    private volatile int _total;

    /// <summary>Prepares to fetch.</summary>
    /// <param name="adoption">The chain to begin.</param>
    /// <param name="node">A node that is connected with peers.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Hears what goes wrong; must not throw.</param>
    /// <param name="stopping">Ends it; what was stored stays.</param>
    public SnapshotSync(
        SnapshotAdoption adoption, NetworkNode node, SyncOptions options, TimeProvider time, Action<string> warn, CancellationToken stopping)
    {
        (_adoption, _options, _time, _warn) = (adoption, options, time, warn);
        _network = new SyncNetwork(node, stopping);
        _end = stopping;
    }

    /// <summary>How far it is: chunks instead of blocks.</summary>
    public SyncStatus Status => new(SyncMode.Snapshot, 0, _adoption.Checkpoint.Height, _peers.Count, 0, _total - _next, 0, _next);

    /// <summary>Fetches the state and makes its block the head.</summary>
    /// <returns>False if no peer offered it for long; the chain is at genesis then, and may be synced from there.</returns>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    /// <exception cref="Core.Storage.StoreException">The store failed; the next run goes on.</exception>
    public async Task<bool> RunAsync()
    {
        for (int attempt = 0; attempt < _options.SnapshotAttempts; attempt++)
        {
            if (await FindPeersAsync() && await FetchAllUntilItEndsAsync() && Finish())
            {
                return true;
            }

            await Task.Delay(_options.SnapshotPause, _time, _network.Stopping);
        }

        _warn($"no peer has the state of the trusted block at height {_adoption.Checkpoint.Height}; its blocks are fetched instead.");
        return false;
    }

    private async Task<bool> FindPeersAsync()
    {
        _after = _adoption.State?.After;
        (_next, _offers) = (0, null);
        _here.Clear();
        _peers.Clear();
        _left.Clear();
        Consider(await AskForOffersAsync(_options.RequestTimeout));

        // An earlier run may have left a part of the state.
        return _adoption.State is { } state && state.After != _after ? await FindPeersAsync() : _peers.Count > 0;
    }

    /// <summary>Asks the peers that are not asked for chunks what they have behind what was here at first.</summary>
    private async Task<List<(PeerId Peer, ReadOnlyMemory<byte> Offer)>> AskForOffersAsync(TimeSpan timeout)
    {
        byte[] request = new SnapshotRequest(_adoption.Checkpoint.Id, null, _after).Encode();
        PeerId[] candidates = [.. _network.Peers.Where(peer => !_liars.Contains(peer) && !_left.Contains(peer) && !_peers.ContainsKey(peer))];
        SyncAnswer[] answers = await Task.WhenAll(candidates.Select(
            peer => _network.AskAsync(peer, SyncProtocols.Snapshots, request, StreamPriority.Normal, timeout, _end).AsTask()));
        return [.. candidates.Zip(answers).Where(static entry => entry.Second.IsThere).Select(static entry => (entry.First, entry.Second.Bytes))];
    }

    private void Consider(List<(PeerId Peer, ReadOnlyMemory<byte> Offer)> offers)
    {
        offers.ForEach(entry => Consider(entry.Peer, entry.Offer.Span));
        _total = _peers.Values.Select(static peer => peer.Offer.Chunks - peer.Offer.First).DefaultIfEmpty().Max();
    }

    private void Consider(PeerId peer, ReadOnlySpan<byte> answer)
    {
        SnapshotResponse? offer = SnapshotResponse.TryDecode(answer, _adoption.Checkpoint.Id, _adoption.Parameters.MaxBlockBytes);
        if (offer is null || offer.Chunks > _options.MaxSnapshotChunks)
        {
            Blame(peer, "an offer of another state");
            return;
        }

        ValidationResult begun = _adoption.Begin(offer.Block.Header);
        if (!begun.IsValid)
        {
            // The id is the trusted one, so the height that was configured with it is wrong.
            _warn(begun.ToString());
            return;
        }

        // Until its chunks are counted, a peer says that it has none.
        bool isUseful = offer.Chunks > offer.First || (_adoption.State!.IsComplete && offer.Chunks > 0);
        if (isUseful)
        {
            _peers.TryAdd(peer, new SnapshotPeer(peer, offer));
        }
    }

    /// <summary>No request outlives the chunks that are wanted.</summary>
    private async Task<bool> FetchAllUntilItEndsAsync()
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(_network.Stopping);
        _end = end.Token;
        try
        {
            return await FetchAllAsync();
        }
        finally
        {
            end.Cancel();
            foreach (Task late in _asked.Select(static Task (fetch) => fetch.Answer).Append(_offers ?? Task.CompletedTask))
            {
                await EndAsync(late);
            }

            _asked.Clear();
            _offers = null;
            _end = _network.Stopping;
        }
    }

    private async Task EndAsync(Task late)
    {
        try
        {
            await late;
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Nobody needs it any more.
        }
        catch (Exception failure)
        {
            _warn($"a late answer about a state failed: {failure.Message}");
        }
    }

    /// <summary>Fetches chunks until the state is complete; false if the peers are used up first.</summary>
    private async Task<bool> FetchAllAsync()
    {
        SnapshotImporter state = _adoption.State!;
        while (!state.IsComplete)
        {
            Ask();
            if (_asked.Count == 0)
            {
                return false;
            }

            if (await NextAsync() is { } ended)
            {
                _asked.Remove(ended);
                ended.Peer.Requests--;
                Settle(ended, await ended.Answer);
                Import(state);
            }
        }

        return true;
    }

    /// <summary>Waits for an answer; null if there is something else to do: one is late, or other peers have told what they have.</summary>
    private async Task<SnapshotFetch?> NextAsync()
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(_network.Stopping);

        // Timers count whole milliseconds: without one more, a wait for less would end at once, again and again.
        TimeSpan rest = _asked.Where(static fetch => !fetch.IsLate)
            .Select(fetch => TimeSpan.FromTicks(Math.Max(0, (_options.SnapshotChunkDelay - _time.GetElapsedTime(fetch.Start)).Ticks)) + TimeSpan.FromMilliseconds(1))
            .DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
        Task late = Task.Delay(rest, _time, ended.Token);
        Task first = await Task.WhenAny([.. _asked.Select(static fetch => fetch.Answer), late, _offers ?? late]);
        ended.Cancel();
        _network.Stopping.ThrowIfCancellationRequested();
        if (_asked.Find(fetch => fetch.Answer == first) is { } answered)
        {
            return answered;
        }

        if (_offers is { } offers && first == offers)
        {
            _offers = null;
            Consider(await offers);
            return null;
        }

        foreach (SnapshotFetch fetch in _asked.Where(fetch => !fetch.IsLate && _time.GetElapsedTime(fetch.Start) >= _options.SnapshotChunkDelay))
        {
            fetch.IsLate = true;
            Strike(fetch.Peer, mayRemove: _peers.Count > 1);
        }

        // Others may have counted their chunks meanwhile, or have come.
        _offers ??= AskForOffersAsync(_options.SnapshotChunkDelay);
        return null;
    }

    private void Settle(SnapshotFetch fetch, (SnapshotChunk? Chunk, string Fault) answer)
    {
        if (answer.Fault.Length > 0)
        {
            Blame(fetch.Peer.Id, answer.Fault);
        }
        else if (answer.Chunk is not { } chunk)
        {
            Strike(fetch.Peer, mayRemove: true);
        }
        else
        {
            fetch.Peer.Strikes = fetch.IsLate ? fetch.Peer.Strikes : 0;
            if (fetch.Place >= _next)
            {
                _here.TryAdd(fetch.Place, (chunk, fetch.Peer));
            }
        }
    }

    private void Strike(SnapshotPeer peer, bool mayRemove)
    {
        if (++peer.Strikes >= MaxStrikes && mayRemove)
        {
            _peers.Remove(peer.Id);
            _left.Add(peer.Id);
        }
    }

    private void Import(SnapshotImporter state)
    {
        while (!state.IsComplete && _here.Remove(_next, out (SnapshotChunk Chunk, SnapshotPeer From) next))
        {
            ValidationResult result = state.Add(next.Chunk);
            if (!result.IsValid)
            {
                // All chunks before were right and ended where they should, so this one is another than was asked for.
                Blame(next.From.Id, "another chunk than was asked for");
                return;
            }

            _next++;
        }
    }

    /// <summary>Asks for the missing chunks of the window, each peer for few at once.</summary>
    private void Ask()
    {
        for (int place = _next; place < _next + _options.SnapshotWindow; place++)
        {
            int chunk = place;
            List<SnapshotFetch> asked = _asked.FindAll(fetch => fetch.Place == chunk);
            if (_here.ContainsKey(place) || asked.Exists(static fetch => !fetch.IsLate))
            {
                continue;
            }

            SnapshotPeer? peer = _peers.Values.Where(candidate => candidate.Requests < RequestsPerPeer
                    && chunk < candidate.Offer.Chunks - candidate.Offer.First && !asked.Exists(fetch => fetch.Peer == candidate))
                .MinBy(static candidate => candidate.Requests + candidate.Strikes);
            if (peer is not null)
            {
                peer.Requests++;
                _asked.Add(new SnapshotFetch(place, peer, _time.GetTimestamp(), FetchAsync(peer, peer.Offer.First + place)));
            }
        }
    }

    private async Task<(SnapshotChunk? Chunk, string Fault)> FetchAsync(SnapshotPeer peer, int number)
    {
        byte[] request = new SnapshotRequest(_adoption.Checkpoint.Id, number, null).Encode();
        SyncAnswer answer = await _network.AskAsync(peer.Id, SyncProtocols.Snapshots, request, StreamPriority.Bulk, _options.BodyTimeout, _end);
        if (answer.IsBusy)
        {
            await Task.Delay(_options.SnapshotPause, _time, _end);
        }

        if (!answer.IsThere)
        {
            return (null, "");
        }

        ValidationResult result = SnapshotChunk.TryDecode(answer.Bytes.Span, out SnapshotChunk? chunk);
        result = result.IsValid ? SnapshotChunkVerifier.Verify(peer.Offer.Block.Header.StateRoot, chunk!) : result;
        return result.IsValid && chunk!.EndsWhereItShould ? (chunk, "") : (null, $"a wrong chunk of a state: {result}");
    }

    private bool Finish()
    {
        foreach (SnapshotPeer peer in _peers.Values.ToList())
        {
            ValidationResult result = _adoption.Finish(peer.Offer.Block, peer.Offer.Receipts, peer.Offer.Ancestors);
            if (result.IsValid)
            {
                return true;
            }

            Blame(peer.Id, $"a wrong offer of a state: {result}");
        }

        return false;
    }

    private void Blame(PeerId peer, string what)
    {
        _liars.Add(peer);
        _peers.Remove(peer);
        _network.Punish(peer, what);
        _warn($"{peer} sent {what}");
    }
}
