using System.Collections.Concurrent;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Economics.Staking;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Sdk.Peers;

/// <summary>
/// What the accounts of the connected peers are worth, kept ready: gossip asks for every peer at every heartbeat, with a lock held, so an answer
/// costs one look into a table. The table follows the chain's head, and every peer that comes. Thread-safe.
/// </summary>
internal sealed class ConnectedAccounts(BlockChain chain, PeerScoreOptions options, TimeProvider time) : IChainObserver
{
    private readonly ConcurrentDictionary<PeerId, Entry> _peers = new();
    private readonly Lock _refreshing = new();
    private long _refreshed = time.GetTimestamp();

    /// <summary>The points of a peer; 0 for one that is bound to no account.</summary>
    internal double Of(PeerId peer) => _peers.TryGetValue(peer, out Entry? entry) ? entry.Points : 0;

    /// <summary>Takes a peer that was admitted.</summary>
    internal void Add(PeerDescription peer)
    {
        if (peer.Account is { } account)
        {
            ChainHead head = chain.Head;
            _peers[peer.Id] = new Entry(account, Look(chain.StateAt(head), head.Height, account));
        }
    }

    /// <summary>Forgets a peer that is gone. Gossip remembers its score for a while.</summary>
    internal void Remove(PeerDescription peer) => _peers.TryRemove(peer.Id, out _);

    public void BlockDetached(Block block)
    {
        // A block of the other branch follows.
    }

    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        // While the chain catches up there is a block every millisecond, and the peers are the same.
        if (!_peers.IsEmpty && time.GetElapsedTime(Interlocked.Read(ref _refreshed)) >= options.RefreshInterval)
        {
            Refresh();
        }
    }

    private void Refresh()
    {
        lock (_refreshing)
        {
            Interlocked.Exchange(ref _refreshed, time.GetTimestamp());
            ChainHead head = chain.Head;
            StateSnapshot state = chain.StateAt(head);
            foreach ((PeerId peer, Entry entry) in _peers)
            {
                // A peer that left meanwhile stays away.
                _peers.TryUpdate(peer, entry with { Points = Look(state, head.Height, entry.Account) }, entry);
            }
        }
    }

    private double Look(IStateReader state, ulong height, Address account) =>
        AccountScore.Of(StakeLedger.Get(state, account), height, chain.Parameters.MinimumValidatorStake, options);

    private sealed record Entry(Address Account, double Points);
}
