using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>
/// How much each validator's vote weighs in a state. Consensus code: a pure function of the state. The do-nothing implementation is
/// <see cref="NoVotingPower"/>, under which nothing is ever finalized.
/// </summary>
public interface IVotingPower
{
    /// <summary>The weight of one account; zero if it may not vote.</summary>
    UInt128 PowerOf(IStateReader state, Address validator);

    /// <summary>The weight of all accounts together.</summary>
    UInt128 TotalPower(IStateReader state);
}
