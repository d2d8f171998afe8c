using PoUW.Compute.Runners;

namespace TrainLocally;

/// <summary>Loss and accuracy over the steps of an epoch so far.</summary>
/// <param name="LossSum">Sum of the losses of all answers.</param>
/// <param name="Correct">Right answers.</param>
/// <param name="Answers">Answers.</param>
internal readonly record struct RunningMean(double LossSum, long Correct, long Answers)
{
    public bool IsEmpty => Answers == 0;

    public double Loss => LossSum / Answers;

    public double Accuracy => (double)Correct / Answers;

    public RunningMean With(StepMetrics step) => new(LossSum + (step.Loss * step.Answers), Correct + step.Correct, Answers + step.Answers);
}
