namespace PoUW.Compute.Runners;

/// <summary>What one step or one evaluation measured.</summary>
/// <param name="Loss">
/// Mean loss of an answer, in PyTorch's unit (nats for cross entropy), in steps of 2^-15 of the sum. The sum of a batch that is NaN, infinite or above
/// about 2^31 nats (2^37 for squared errors) is reported as that limit, so a model that diverged has a huge loss, not a NaN.
/// </param>
/// <param name="Correct">Right answers; 0 for losses without classes.</param>
/// <param name="Answers">Answers: samples, or positions of sequences.</param>
public readonly record struct StepMetrics(double Loss, long Correct, long Answers)
{
    /// <summary>Correct / answers.</summary>
    public double Accuracy => (double)Correct / Answers;
}
