namespace PoUW.Core.State;

/// <summary>What a full check of a state found.</summary>
/// <param name="Pages">How many pages of the tree were found in order.</param>
/// <param name="Values">How many values were found in order.</param>
/// <param name="Problem">The first thing that is wrong, for people; empty if nothing is.</param>
public sealed record StateCheck(long Pages, long Values, string Problem)
{
    /// <summary>True if the state is whole: its root follows from its values alone.</summary>
    public bool IsSound => Problem.Length == 0;
}
