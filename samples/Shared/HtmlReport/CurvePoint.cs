namespace Samples.Shared.HtmlReport;

/// <summary>One point of the learning curve.</summary>
/// <param name="Round">Round or epoch that ended here.</param>
/// <param name="Step">Training steps done so far.</param>
/// <param name="Loss">Mean training loss; a value that is not finite is left out of the chart.</param>
/// <param name="TrainAccuracy">Accuracy on the training data, 0 to 1.</param>
/// <param name="TestAccuracy">Accuracy on the test data, 0 to 1; null where it was not measured.</param>
/// <param name="TestLoss">Mean loss on the test data; null where it was not measured.</param>
public sealed record CurvePoint(int Round, int Step, double Loss, double TrainAccuracy, double? TestAccuracy, double? TestLoss = null);
