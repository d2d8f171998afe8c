namespace PoUW.Sdk.Jobs;

/// <summary>How a model does on labelled samples.</summary>
/// <param name="Correct">Samples whose class was predicted.</param>
/// <param name="Samples">Samples in all.</param>
public sealed record EvaluationResult(int Correct, int Samples)
{
    /// <summary>Correct / samples, for people; never used by a consensus rule.</summary>
    public double Accuracy => (double)Correct / Samples;
}
