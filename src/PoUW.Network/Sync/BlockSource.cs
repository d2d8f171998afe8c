using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Sync;

/// <summary>
/// Fetches one block by its id: from the peer that announced it, and from another one when that takes long or gives nothing. A body that does
/// not fit the id is the fault of whoever sent it. Thread-safe.
/// </summary>
internal sealed class BlockSource(BlockChain chain, SyncNetwork network, SyncOptions options, TimeProvider time)
{
    /// <summary>Fetches a block and verifies its transactions' signatures ahead.</summary>
    /// <param name="first">Whom to ask first.</param>
    /// <param name="id">The block.</param>
    /// <param name="refused">Peers whose answer was tried before.</param>
    /// <returns>The block with who sent it; null if no peer gave it in time.</returns>
    /// <exception cref="OperationCanceledException">The sync stops.</exception>
    internal async Task<(Block Block, PeerId From)?> FetchAsync(PeerId first, Hash256 id, HashSet<PeerId> refused)
    {
        Queue<PeerId> sources = new(Sources(first, id).Where(peer => !refused.Contains(peer)).Take(options.MaxSources));
        List<Task<(Block Block, PeerId From)?>> asked = [];
        while (sources.Count > 0 || asked.Count > 0)
        {
            if (sources.TryDequeue(out PeerId next))
            {
                asked.Add(AskAsync(next, id));
            }

            if (await FirstAsync(asked, hasMore: sources.Count > 0) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Waits for a block, or until another peer should be asked; takes out the tasks that gave nothing.</summary>
    private async Task<(Block Block, PeerId From)?> FirstAsync(List<Task<(Block Block, PeerId From)?>> asked, bool hasMore)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(network.Stopping);
        Task late = hasMore ? Task.Delay(options.HedgeDelay, time, ended.Token) : Task.Delay(Timeout.InfiniteTimeSpan, time, ended.Token);
        Task first = await Task.WhenAny(asked.Append<Task>(late));
        ended.Cancel();
        network.Stopping.ThrowIfCancellationRequested();
        if (first != late)
        {
            Task<(Block Block, PeerId From)?> answer = asked.First(task => task == first);
            asked.Remove(answer);
            return await answer;
        }

        return null;
    }

    private async Task<(Block Block, PeerId From)?> AskAsync(PeerId peer, Hash256 id)
    {
        SyncAnswer answer = await network.AskAsync(
            peer, SyncProtocols.Block, new BodiesRequest([id]).Encode(), StreamPriority.Normal, options.BodyTimeout);
        if (!answer.IsThere)
        {
            return null;
        }

        BodiesResponse? response = BodiesResponse.TryDecode(answer.Bytes.Span, 1, options.AnswerBytes, chain.Parameters.MaxBlockBytes);
        if (response is { Blocks.Count: 0 })
        {
            return null;
        }

        // A new block has its witness, whatever its sender has pruned.
        Block? block = response?.Blocks[0];
        if (block is null || block.Id != id || block.Certificate.Witness.IsEmpty || !chain.VerifyAhead(block))
        {
            network.Punish(peer, "a body that does not fit the announced header", id);
            return null;
        }

        return (block, peer);
    }

    private IEnumerable<PeerId> Sources(PeerId first, Hash256 id)
    {
        PeerId[] others = [.. network.Peers.Where(peer => peer != first)];
        int start = others.Length == 0 ? 0 : id.ToArray()[0] % others.Length;
        return others[start..].Concat(others[..start]).Prepend(first);
    }
}
