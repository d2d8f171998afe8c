using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>Nobody may vote.</summary>
public sealed class NoVotingPower : IVotingPower
{
    /// <inheritdoc/>
    public UInt128 PowerOf(IStateReader state, Address validator) => 0;

    /// <inheritdoc/>
    public UInt128 TotalPower(IStateReader state) => 0;
}
