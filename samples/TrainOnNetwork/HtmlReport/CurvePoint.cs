namespace TrainOnNetwork.HtmlReport;

/// <summary>One point of the learning curve.</summary>
/// <param name="Round">Round that ended here.</param>
/// <param name="Step">Training steps done so far.</param>
/// <param name="Loss">Mean training loss; a value that is not finite is left out of the chart.</param>
/// <param name="TrainAccuracy">Accuracy on the training data, 0 to 1.</param>
/// <param name="TestAccuracy">Accuracy on the test data, 0 to 1; null where it was not measured.</param>
internal sealed record CurvePoint(int Round, int Step, double Loss, double TrainAccuracy, double? TestAccuracy);
