using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Network.Tests.Sync;

namespace PoUW.Network.Tests.Simulation;

/// <summary>
/// Makes blocks, each once: the platform's signatures are not the same twice, so runs that are to give one trace share what makes their blocks.
/// </summary>
internal sealed class SimulatedBlocks
{
    private readonly Dictionary<(Hash256 Parent, int Producer), Block> _blocks = [];

    /// <summary>The block that a producer makes on the head of its chain, which has it afterwards.</summary>
    public Block Next(BlockChain chain, int producer)
    {
        (Hash256, int) key = (chain.Head.Id, producer);
        if (!_blocks.TryGetValue(key, out Block? block))
        {
            // Blocks of two producers at one height differ by their time.
            _blocks[key] = block = SyncChains.Next(chain, offsetMs: (ulong)producer);
        }

        SyncChains.ImportAll(chain, [block]);
        return block;
    }
}
