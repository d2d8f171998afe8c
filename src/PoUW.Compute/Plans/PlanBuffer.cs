using PoUW.Vm.Operations;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Plans;

/// <summary>A tensor of a plan. Scratch buffers have no name and may share memory.</summary>
internal sealed record PlanBuffer(string Name, TensorShape Shape, SlotKind Kind);
