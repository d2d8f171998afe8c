using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Core.Parameters;

/// <summary>The canonical encoding of network parameters, whose hash is the parent hash of the genesis block.</summary>
public static class NetworkParametersCodec
{
    /// <summary>SHA-256 of <see cref="Encode"/>.</summary>
    public static Hash256 Hash(NetworkParameters parameters) => Hash256.Sha256(Encode(parameters));

    /// <summary>All parameters in the order in which the record declares them.</summary>
    public static byte[] Encode(NetworkParameters parameters)
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(parameters.ChainId).Write(parameters.Name).Write(parameters.BlockTimeMilliseconds).Write(parameters.AsertHalfLifeBlocks)
            .Write(parameters.GenesisTicketsPerBlock).Write(parameters.EpochBlocks)
            .Write(parameters.GenesisTimeMilliseconds).Write(parameters.MaxFutureMilliseconds).Write(parameters.BlockSubsidy)
            .Write(parameters.BaseFeePerGas).Write(parameters.BlockGasLimit).Write((ulong)parameters.MaxBlockBytes)
            .Write(parameters.JobBurnBasisPoints).Write(parameters.LeaseBlocks).Write(parameters.MinimumWorkerStake)
            .Write(parameters.MinimumValidatorStake).Write(parameters.StakePerUnitPrice).Write(parameters.SlashPerUnitPrice)
            .Write(parameters.SlashToProversBasisPoints).Write(parameters.SlashToClientBasisPoints).Write(parameters.AuditCommitBlocks)
            .Write(parameters.AuditRevealBlocks).Write(parameters.UnbondingBlocks).Write(parameters.BanBlocks)
            .Write(parameters.DefaultAuditRateBasisPoints).Write(parameters.BonusBasisPoints).Write(parameters.LeaseBurnBasisPoints)
            .Write(parameters.MaxBoundRun).Write(parameters.BonusVestingBlocks).Write(parameters.CommonsJob)
            .Write(parameters.CommonsBonusBasisPoints).BeginList();
        foreach (UpgradeActivation activation in parameters.Upgrades)
        {
            string name = UpgradeNames.Of(activation.Upgrade)
                ?? throw new ArgumentException($"{activation.Upgrade} is not an upgrade.", nameof(parameters));
            writer.BeginList().Write(name).Write(activation.Height).EndList();
        }

        writer.EndList().BeginList();
        foreach (GenesisStake stake in parameters.Stakes)
        {
            writer.BeginList().Write(stake.Address).Write(stake.Amount).Write((ulong)stake.Roles).EndList();
        }

        writer.EndList();
        CommonsProduct commons = parameters.Commons;
        writer.BeginList().Write((ulong)commons.M).Write((ulong)commons.K).Write((ulong)commons.N).Write(commons.Seed).EndList().BeginList();
        foreach (GenesisAllocation allocation in parameters.Allocations)
        {
            writer.BeginList().Write(allocation.Address).Write(allocation.Amount).EndList();
        }

        return writer.EndList().EndList().Finish();
    }
}
