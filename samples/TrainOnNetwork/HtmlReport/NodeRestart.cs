namespace TrainOnNetwork.HtmlReport;

/// <summary>A node that went down and came back.</summary>
/// <param name="Node">Name of the node.</param>
/// <param name="HeightDown">Height of the chain when it stopped.</param>
/// <param name="HeightUp">Height of the chain when it ran again.</param>
internal sealed record NodeRestart(string Node, ulong HeightDown, ulong HeightUp);
