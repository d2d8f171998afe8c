namespace NodeHost;

/// <summary>What a client prints when its job has ended, as one JSON object.</summary>
/// <param name="Event">"trained".</param>
/// <param name="Node">The node's name.</param>
/// <param name="Job">The job's id.</param>
/// <param name="Status">How it ended.</param>
/// <param name="WeightsHash">Root of the model's state: equal exactly if every weight is.</param>
/// <param name="TestAccuracy">Share of the test images whose class the model predicts.</param>
/// <param name="Height">Height of the head in which the job had ended.</param>
/// <param name="Seconds">From the submission to the model.</param>
/// <param name="Model">The file with the weights.</param>
internal sealed record TrainedLine(
    string Event, string Node, string Job, string Status, string WeightsHash, double TestAccuracy, ulong Height, double Seconds, string Model);
