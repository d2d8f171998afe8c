using PoUW.Core.Chain;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Names what a node has, so that another finds the last block that both have.</summary>
internal static class ChainLocator
{
    // So many steps of one block before the steps double.
    private const int Dense = 8;

    /// <summary>The ids of a chain from its head down, ever sparser, genesis last; an id from which to go on comes first.</summary>
    internal static List<Hash256> Of(BlockChain chain, Hash256? first)
    {
        List<Hash256> locator = first is { } id ? [id] : [];
        ulong height = chain.Head.Height;
        for (ulong step = 1; height > chain.BaseHeight && locator.Count < HeadersRequest.MaxLocator - 2; height -= Math.Min(height, step))
        {
            if (chain.GetIdByHeight(height) is { } own)
            {
                locator.Add(own);
            }

            step = locator.Count < Dense ? 1 : step * 2;
        }

        if (chain.BaseHeight > 0 && chain.GetIdByHeight(chain.BaseHeight) is { } lowest)
        {
            locator.Add(lowest);
        }

        locator.Add(chain.Genesis.Id);
        return locator;
    }
}
