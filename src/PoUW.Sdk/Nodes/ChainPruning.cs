using PoUW.Core;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;

namespace PoUW.Sdk.Nodes;

/// <summary>
/// Forgets old witnesses and states as the chain grows, a few with every block, so that no import waits for long. What fails is told and
/// tried again with a later block; the chain does without it.
/// </summary>
internal sealed class ChainPruning(BlockChain chain, Action<string> warn) : IChainObserver
{
    // More than one, so that what a stopped finality or a long window left catches up.
    private const int HeightsPerBlock = 32;

    // Every look for new work costs the store a batch of its own, so it comes every so many blocks only.
    private const ulong StateInterval = 16;

    // More than full blocks leave behind: a block of 1,400 transfers replaces some thousand values and pages, a step deletes a thousand.
    private const int StepsPerBlock = 16;

    // What a node left behind when it stopped goes on with its first block.
    private bool _statesLeft = true;

    public void BlockDetached(Block block)
    {
    }

    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        Try("witnesses", () => chain.PruneWitnesses(HeightsPerBlock));
        if (_statesLeft || block.Header.Height % StateInterval == 0)
        {
            _statesLeft = Try("states", () => chain.PruneStates(StepsPerBlock)) == StepsPerBlock;
        }
    }

    private int Try(string what, Func<int> prune)
    {
        try
        {
            return prune();
        }
        catch (PouwException failure)
        {
            warn($"old {what} were not pruned: {failure.Message}");
            return 0;
        }
    }
}
