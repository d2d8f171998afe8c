using PoUW.Compute.Plans;

namespace PoUW.Compute.Losses;

/// <summary>Registers with the loss (fixed point, 15 fraction bits, summed), the right answers and the answers of a batch.</summary>
internal readonly record struct LossMetrics(Register Loss, Register Correct, Register Answers);
