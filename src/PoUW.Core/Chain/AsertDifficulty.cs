using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Parameters;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>The production difficulty rule: ASERT anchored at the genesis block (<see cref="Asert"/>). Immutable and thread-safe.</summary>
public sealed class AsertDifficulty(NetworkParameters parameters) : IDifficultyRule
{
    private readonly Asert _asert = Asert.ForNetwork(parameters, WorkTarget.DefaultPowLimit);

    /// <inheritdoc/>
    public uint GenesisBits { get; } =
        CompactTarget.Encode(WorkTarget.FromTicketsPerBlock(parameters.GenesisTicketsPerBlock, WorkTarget.DefaultPowLimit));

    /// <inheritdoc/>
    public uint NextBits(BlockHeader genesis, BlockHeader parent) => _asert.NextBits(parent.Height, parent.TimestampMs);

    /// <inheritdoc/>
    public BigInteger Work(uint bits) => CompactTarget.TryDecode(bits, out BigInteger target)
        ? WorkTarget.ChainWork(target)
        : throw new ChainException($"{bits:x8} is no compact target.");
}
