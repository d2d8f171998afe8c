namespace TrainOnNetwork;

/// <summary>A node that was stopped and started again from its store.</summary>
/// <param name="Node">Its name.</param>
/// <param name="HeightDown">Its height when it stopped.</param>
/// <param name="HeightUp">Its height when it had caught up.</param>
internal sealed record NodeRestarted(string Node, ulong HeightDown, ulong HeightUp);
