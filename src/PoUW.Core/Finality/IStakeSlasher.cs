using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>
/// Takes the stake of an account that is proven to have equivocated. Consensus code: called inside the execution of a transaction, and
/// must change nothing but the state that it is given.
/// </summary>
public interface IStakeSlasher
{
    /// <summary>Slashes an offender's whole stake, rewards the reporter with the network's share and burns the rest.</summary>
    /// <returns>What was taken; zero if the account has no stake.</returns>
    Amount SlashEquivocation(IStateWriter state, BlockContext block, Address offender, Address reporter);
}
