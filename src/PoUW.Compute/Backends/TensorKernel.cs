using PoUW.Vm.Operations;

namespace PoUW.Compute.Backends;

/// <summary>A fast execution of one operation with the bits of its definition.</summary>
internal delegate long TensorKernel(KernelContext context, in TensorCall call);
