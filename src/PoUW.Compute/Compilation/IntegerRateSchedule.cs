namespace PoUW.Compute.Compilation;

/// <summary>Learning-rate schedules of integer training.</summary>
public static class IntegerRateSchedule
{
    private const int High = 14;
    private const int Middle = 12;
    private const int Low = 10;

    /// <summary>One rate for the whole training.</summary>
    public static IReadOnlyList<LearningRateStep> Constant(int shift) => [new LearningRateStep(0, shift)];

    /// <summary>
    /// Shift 14 for the first three fifths of the rounds, then 12 for one fifth, then 10. Changes fall on round borders, so that all
    /// units of a round use one rate.
    /// </summary>
    /// <param name="totalRounds">At least 1.</param>
    /// <param name="stepsPerRound">Steps of all units of a round together; at least 1.</param>
    public static IReadOnlyList<LearningRateStep> ThreeStage(int totalRounds, int stepsPerRound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(totalRounds, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerRound, 1);
        long middle = ((3L * totalRounds) + 4) / 5;
        long low = ((4L * totalRounds) + 4) / 5;
        List<LearningRateStep> steps = [new(0, High)];
        if (low > middle)
        {
            steps.Add(new(middle * stepsPerRound, Middle));
        }

        steps.Add(new(low * stepsPerRound, Low));
        return steps;
    }
}
