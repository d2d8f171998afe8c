using PoUW.Core.Finality;
using PoUW.Core.Ledger;

namespace PoUW.Core.Chain;

/// <summary>
/// The production rule: what the finality module has finalized in the state (<see cref="FinalityLedger"/>). On a network without that
/// module nothing but genesis is final. Stateless and thread-safe.
/// </summary>
public sealed class StakeFinality : IFinalityRule
{
    /// <inheritdoc/>
    public Checkpoint FinalizedIn(IStateReader state) => FinalityLedger.Finalized(state);
}
