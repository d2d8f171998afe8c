using PoUW.Compute.Plans;

namespace PoUW.Compute.Losses;

/// <summary>The input slot of targets; null if they come with the model's input.</summary>
internal sealed record LossInput(BufferId? Slot);
