using PoUW.Compute.Modules;

namespace PoUW.Compute.Lowering;

/// <summary>A state slot of the optimiser: what it keeps for a parameter, or once for all if there is none.</summary>
internal sealed record OptimiserSlot(Parameter? Parameter, string Name, string Slot);
