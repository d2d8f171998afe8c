namespace PoUW.Core.Jobs;

/// <summary>How the results of a round's units become the next round's start state. Values are part of the manifest.</summary>
public enum AggregationRule : byte
{
    /// <summary>
    /// Element-wise integer mean over the units in unit order, rounded half up: floor((2 * sum + n) / (2 * n)). Applied to every
    /// state tensor, momentum included.
    /// </summary>
    IntegerMean = 1,

    /// <summary>
    /// Lane T: element-wise mean of fp32 tensors over the units in unit order: the sum in binary64, divided once, rounded to binary32; integer tensors
    /// have to be equal. All additions are in one order, so that every node has the same bits.
    /// </summary>
    FloatMean = 2,
}
