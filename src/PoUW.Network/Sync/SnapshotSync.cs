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
    private readonly Dictionary<int, (SnapshotChunk Chunk, SnapshotPeer From)> _here = [];
    private readonly List<(int Place, SnapshotPeer Peer, Task<(SnapshotChunk? Chunk, string Fault)> Answer)> _asked = [];
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
            if (await FindPeersAsync() && await FetchAllAsync() && Finish())
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
        Hash256? after = _adoption.State?.After;
        _next = 0;
        _here.Clear();
        _peers.Clear();
        byte[] request = new SnapshotRequest(_adoption.Checkpoint.Id, null, after).Encode();
        PeerId[] candidates = [.. _network.Peers.Where(peer => !_liars.Contains(peer))];
        SyncAnswer[] answers = await Task.WhenAll(candidates.Select(
            peer => _network.AskAsync(peer, SyncProtocols.Snapshots, request, StreamPriority.Normal, _options.RequestTimeout).AsTask()));
        for (int i = 0; i < candidates.Length; i++)
        {
            if (answers[i].IsThere)
            {
                Consider(candidates[i], answers[i].Bytes.Span, after);
            }
        }

        if (_adoption.State is { } state && state.After != after)
        {
            // An earlier run has left a part of the state.
            return await FindPeersAsync();
        }

        _total = _peers.Values.Select(static peer => peer.Offer.Chunks - peer.Offer.First).DefaultIfEmpty().Max();
        return _peers.Count > 0;
    }

    private void Consider(PeerId peer, ReadOnlySpan<byte> answer, Hash256? after)
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
        if (isUseful && _adoption.State!.After == after)
        {
            _peers.Add(peer, new SnapshotPeer(peer, offer));
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

            Task<(SnapshotChunk? Chunk, string Fault)> first = await Task.WhenAny(_asked.Select(static entry => entry.Answer).ToList());
            (int place, SnapshotPeer peer, _) = _asked.Find(entry => entry.Answer == first);
            _asked.RemoveAll(entry => entry.Answer == first);
            peer.Requests--;
            Settle(place, peer, await first);
            Import(state);
        }

        _asked.Clear();
        return true;
    }

    private void Settle(int place, SnapshotPeer peer, (SnapshotChunk? Chunk, string Fault) answer)
    {
        if (answer.Fault.Length > 0)
        {
            Blame(peer.Id, answer.Fault);
        }
        else if (answer.Chunk is { } chunk)
        {
            peer.Strikes = 0;
            _here.TryAdd(place, (chunk, peer));
        }
        else if (++peer.Strikes >= MaxStrikes)
        {
            _peers.Remove(peer.Id);
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
            if (_here.ContainsKey(place) || _asked.Exists(entry => entry.Place == place))
            {
                continue;
            }

            SnapshotPeer? peer = _peers.Values.Where(candidate => candidate.Requests < RequestsPerPeer && place < candidate.Offer.Chunks - candidate.Offer.First)
                .MinBy(static candidate => candidate.Requests + candidate.Strikes);
            if (peer is not null)
            {
                peer.Requests++;
                _asked.Add((place, peer, FetchAsync(peer, peer.Offer.First + place)));
            }
        }
    }

    private async Task<(SnapshotChunk? Chunk, string Fault)> FetchAsync(SnapshotPeer peer, int number)
    {
        byte[] request = new SnapshotRequest(_adoption.Checkpoint.Id, number, null).Encode();
        SyncAnswer answer = await _network.AskAsync(peer.Id, SyncProtocols.Snapshots, request, StreamPriority.Bulk, _options.BodyTimeout);
        if (answer.IsBusy)
        {
            await Task.Delay(_options.SnapshotPause, _time, _network.Stopping);
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
