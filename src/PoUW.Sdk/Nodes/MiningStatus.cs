namespace PoUW.Sdk.Nodes;

/// <summary>What a node has mined since it started, for displays. Bound means: on an operation of a lease that the node holds.</summary>
/// <param name="Blocks">Blocks that the node produced and imported.</param>
/// <param name="BoundBlocks">Those of them whose ticket was bound.</param>
/// <param name="Tickets">Tickets drawn, on the commons product and on training products.</param>
/// <param name="TrainingTickets">Those of them that were drawn on training products.</param>
/// <param name="BoundTickets">Those of the latter that were bound.</param>
public sealed record MiningStatus(long Blocks, long BoundBlocks, long Tickets, long TrainingTickets, long BoundTickets);
