using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;

namespace PoUW.Core.Tests.Chain;

/// <summary>Four zero bits, or seven after a block whose time ends in 7: so a test can make a short branch heavier than a long one.</summary>
internal sealed class StepDifficulty : IDifficultyRule
{
    public uint GenesisBits => 4;

    public uint NextBits(BlockHeader genesis, BlockHeader parent) => parent.TimestampMs % 10 == 7 ? 7u : genesis.Bits;

    public BigInteger Work(uint bits) => BigInteger.One << (int)bits;
}
