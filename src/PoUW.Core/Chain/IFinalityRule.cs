using PoUW.Core.Finality;
using PoUW.Core.Ledger;

namespace PoUW.Core.Chain;

/// <summary>
/// What is final on the chain of a head. The chain asks for the state of every new head and keeps the highest answer: a checkpoint that
/// was final once stays so. Implementations are pure functions of the state, and answer only ancestors of the state's block.
/// </summary>
public interface IFinalityRule
{
    /// <summary>The highest finalized checkpoint; height 0 if none but genesis is.</summary>
    Checkpoint FinalizedIn(IStateReader state);
}
