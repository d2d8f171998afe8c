namespace PoUW.Compute.Runners;

/// <summary>What one step or one evaluation measured.</summary>
/// <param name="Loss">Mean loss of an answer, in PyTorch's unit (nats for cross entropy).</param>
/// <param name="Correct">Right answers; 0 for losses without classes.</param>
/// <param name="Answers">Answers: samples, or positions of sequences.</param>
public readonly record struct StepMetrics(double Loss, long Correct, long Answers)
{
    /// <summary>Correct / answers.</summary>
    public double Accuracy => (double)Correct / Answers;
}
