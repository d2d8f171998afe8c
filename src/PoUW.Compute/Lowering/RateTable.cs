using PoUW.Compute.Graphs;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Schedules;

namespace PoUW.Compute.Lowering;

/// <summary>The learning rate of every step as a table of the bits of fp32 numbers.</summary>
internal static class RateTable
{
    /// <summary>The table of an optimiser: rate = learning rate * factor in binary64, rounded once.</summary>
    /// <exception cref="ModelException">The schedule changes too often.</exception>
    public static IReadOnlyList<(long From, long Value)> Of(FloatOptimiser optimiser)
    {
        List<(long From, long Value)> table = [];
        foreach ((long step, double factor) in optimiser.Schedule.Changes())
        {
            long bits = BitConverter.SingleToInt32Bits((float)(optimiser.LearningRate * factor));
            if (table.Count == 0 || table[^1].Value != bits)
            {
                table.Add((step, bits));
            }

            if (table.Count > LearningRateSchedule.MaxChanges)
            {
                throw new ModelException(
                    $"The schedule changes the learning rate more than {LearningRateSchedule.MaxChanges} times; let it change once in several steps.",
                    "schedule");
            }
        }

        return table;
    }
}
