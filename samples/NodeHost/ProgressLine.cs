namespace NodeHost;

/// <summary>What a client prints when a round of its job is complete, as one JSON object.</summary>
/// <param name="Event">"progress".</param>
/// <param name="Node">The node's name.</param>
/// <param name="Round">Complete rounds.</param>
/// <param name="Rounds">Rounds of the job.</param>
/// <param name="Height">Height of the head.</param>
internal sealed record ProgressLine(string Event, string Node, ulong Round, ulong Rounds, ulong Height);
