namespace PoUW.Compute.Compilation;

/// <summary>Learning-rate schedules of integer training.</summary>
public static class IntegerRateSchedule
{
    private const int High = 14;
    private const int Middle = 12;
    private const int Low = 10;

    private static readonly (int Percent, int Shift)[] Stages = [(0, 12), (40, 11), (60, 10), (75, 9), (90, 8)];

    /// <summary>One rate for the whole training.</summary>
    public static IReadOnlyList<LearningRateStep> Constant(int shift) => [new LearningRateStep(0, shift)];

    /// <summary>
    /// Shift 12, then 11 after 40 % of the steps, 10 after 60 %, 9 after 75 % and 8 after 90 %: for training on one machine with batches
    /// of about 100, where steps follow each other.
    /// </summary>
    /// <param name="totalSteps">At least 1; changes that would fall on one step are one change.</param>
    public static IReadOnlyList<LearningRateStep> FiveStage(long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        List<LearningRateStep> steps = [];
        foreach ((int percent, int shift) in Stages)
        {
            LearningRateStep next = new(totalSteps * percent / 100, shift);
            if (steps.Count > 0 && steps[^1].FirstStep == next.FirstStep)
            {
                steps.RemoveAt(steps.Count - 1);
            }

            steps.Add(next);
        }

        return steps;
    }

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
