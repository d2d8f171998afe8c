using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>
/// Fetches one block by its id: from the peer that announced it, and from another one when that takes long or gives nothing. A body that does
/// not fit the id is the fault of whoever sent it; one without the witness that its sender says to have pruned is not, but it is asked for no
/// block below that height again. Thread-safe.
/// </summary>
internal sealed class BlockSource
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, ulong> _floors = [];
    private readonly BlockChain _chain;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly HedgedRequests _requests;

    internal BlockSource(BlockChain chain, SyncNetwork network, SyncOptions options, TimeProvider time)
    {
        (_chain, _network, _options) = (chain, network, options);
        _requests = new HedgedRequests(new HedgedOptions(options.HedgeDelay, options.MaxSources), time, network.Report, network.Stopping);
        network.WhenDisconnected(Forget);
    }

    /// <summary>Fetches a block and verifies its transactions' signatures ahead.</summary>
    /// <param name="first">Whom to ask first.</param>
    /// <param name="header">The block's header.</param>
    /// <param name="refused">Peers whose answer was tried before.</param>
    /// <returns>The block with who sent it; null if no peer gave it in time.</returns>
    /// <exception cref="OperationCanceledException">The sync stops.</exception>
    internal async Task<(Block Block, PeerId From)?> FetchAsync(PeerId first, BlockHeader header, HashSet<PeerId> refused)
    {
        Hash256 id = header.Id;
        IEnumerable<PeerId> sources = _network.Sources(first, id).Where(peer => !refused.Contains(peer) && MayHaveWitness(peer, header.Height));
        return await _requests.FirstAsync([.. sources.Take(_options.MaxSources)], (peer, cancellation) => AskAsync(peer, id, cancellation));
    }

    private async Task<(Block Block, PeerId From)?> AskAsync(PeerId peer, Hash256 id, CancellationToken cancellation)
    {
        SyncAnswer answer = await _network.AskAsync(
            peer, SyncProtocols.Block, new BodiesRequest([id]).Encode(), StreamPriority.Normal, _options.BodyTimeout, cancellation);
        if (!answer.IsThere)
        {
            return null;
        }

        BodiesResponse? response = BodiesResponse.TryDecode(answer.Bytes.Span, 1, _options.AnswerBytes, _chain.Parameters.MaxBlockBytes);
        if (response is { Blocks.Count: 0 })
        {
            return null;
        }

        Block? block = response?.Blocks[0];
        if (block?.Id == id && block.Certificate.Witness.IsEmpty && block.Header.Height < response!.WitnessFloor)
        {
            // What it says of itself counts as long as it is connected: a floor that lies costs one answer.
            Note(peer, response.WitnessFloor);
            return null;
        }

        if (block is null || block.Id != id || block.Certificate.Witness.IsEmpty || !_chain.VerifyAhead(block))
        {
            _network.Punish(peer, "a body that does not fit the announced header", id);
            return null;
        }

        return (block, peer);
    }

    private bool MayHaveWitness(PeerId peer, ulong height)
    {
        lock (_gate)
        {
            return height >= _floors.GetValueOrDefault(peer);
        }
    }

    private void Note(PeerId peer, ulong floor)
    {
        lock (_gate)
        {
            _floors[peer] = floor;
        }

        if (!_network.Peers.Contains(peer))
        {
            // It went while its answer was on the way.
            Forget(peer);
        }
    }

    private void Forget(PeerId peer)
    {
        lock (_gate)
        {
            _floors.Remove(peer);
        }
    }
}
