namespace PoUW.Core.Jobs;

/// <summary>How the results of a round's units become the next round's start state. Values are part of the manifest.</summary>
public enum AggregationRule : byte
{
    /// <summary>
    /// Element-wise integer mean over the units in unit order, rounded half up: floor((2 * sum + n) / (2 * n)). Applied to every
    /// state tensor, momentum included.
    /// </summary>
    IntegerMean = 1,
}
