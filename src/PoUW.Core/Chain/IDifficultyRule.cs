using System.Numerics;
using PoUW.Core.Blocks;

namespace PoUW.Core.Chain;

/// <summary>How hard the next block is. Pure functions of their arguments: integer only, thread-safe, no clock.</summary>
public interface IDifficultyRule
{
    /// <summary>The compact target of the genesis block, which anchors the schedule.</summary>
    uint GenesisBits { get; }

    /// <summary>The compact target that the child of <paramref name="parent"/> must carry.</summary>
    uint NextBits(BlockHeader genesis, BlockHeader parent);

    /// <summary>The expected work behind a block of this target; positive.</summary>
    BigInteger Work(uint bits);
}
