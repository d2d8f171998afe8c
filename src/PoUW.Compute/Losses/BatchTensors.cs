using PoUW.Compute.Plans;

namespace PoUW.Compute.Losses;

/// <summary>What was gathered for a batch: the rows (Int32 B x 1) and, for token inputs, the windows (Int32 B x (length + 1)).</summary>
internal sealed record BatchTensors(BufferId Rows, BufferId? Tokens);
