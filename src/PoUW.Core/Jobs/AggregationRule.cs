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
    /// Lane T, where not every unit is audited: of each fp32 number the units' values that are finite are sorted, floor(n / 4) of n are left out at both ends, or one
    /// if n is 3, and the rest is added in ascending order in binary64, divided once and rounded to binary32; 0 if no value is finite. Of an integer the lower
    /// median is taken. A state that does not fit most of the others, or its record, takes no part. All additions are in one order, so that every node has the same bits.
    /// </summary>
    TrimmedMean = 2,
}
