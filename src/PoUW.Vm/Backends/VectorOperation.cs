using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Backends;

/// <summary>One VECTOROP: the operation, its immediates and the arguments from the stack in the order in which they were pushed.</summary>
public readonly record struct VectorOperation(
    VectorOpcode Code, int Immediate0 = 0, int Immediate1 = 0, long Argument0 = 0, long Argument1 = 0, long Argument2 = 0);
