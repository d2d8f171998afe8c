using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Sdk.Nodes;

namespace Samples.Shared.Jobs;

/// <summary>The parameters of networks that live on one machine for some minutes.</summary>
public static class SampleParameters
{
    private const ulong ValidatorStake = 200;

    /// <summary>Development parameters with short blocks, a genesis of now, and coins for the members.</summary>
    /// <param name="name">The network's name.</param>
    /// <param name="blockTimeMilliseconds">Mean time between blocks.</param>
    /// <param name="members">Who has coins; validators among them have a stake.</param>
    public static NetworkParameters Create(string name, ulong blockTimeMilliseconds, IReadOnlyList<SampleMember> members) => NetworkParameters.Development with
    {
        Name = name,
        BlockTimeMilliseconds = blockTimeMilliseconds,
        GenesisTicketsPerBlock = 25_000,

        // Counted in short blocks, these have to leave time to many nodes on two cores.
        LeaseBlocks = 400,
        AuditCommitBlocks = 80,
        AuditRevealBlocks = 80,
        UnbondingBlocks = 1_000,
        GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        Allocations = [.. members.Select(member => new GenesisAllocation(member.Key.Address, Amount.FromCoins(member.Funds)))],
        Stakes =
        [
            .. members.Where(member => member.Roles.HasFlag(NodeRoles.Validator))
                .Select(member => new GenesisStake(member.Key.Address, Amount.FromCoins(ValidatorStake), StakeRoles.Validator)),
        ],
    };
}
