using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Work;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>A target at which the ticket of a whole segment always wins and that of half a one every second time.</summary>
internal sealed class EasyDifficulty : IDifficultyRule
{
    public uint GenesisBits { get; } = CompactTarget.Encode(((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs);

    public uint NextBits(BlockHeader genesis, BlockHeader parent) => GenesisBits;

    public BigInteger Work(uint bits) => BigInteger.One;
}
