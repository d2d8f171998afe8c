using PoUW.Core.Blocks;
using PoUW.Core.Chain;

namespace PoUW.Sdk.Nodes;

/// <summary>Forgets old witnesses as the chain grows, a few with every block, so that no import waits for long.</summary>
internal sealed class WitnessPruner(BlockChain chain) : IChainObserver
{
    // More than one, so that what a stopped finality or a long window left catches up.
    private const int HeightsPerBlock = 32;

    public void BlockDetached(Block block)
    {
    }

    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => chain.PruneWitnesses(HeightsPerBlock);
}
