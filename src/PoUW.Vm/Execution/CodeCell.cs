using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Execution;

/// <summary>
/// An instruction prepared for the loop in 16 bytes: constants are resolved and targets are cell indices. The gas of a tensor
/// instruction may not fit; it is 0 here and charged by the slow path.
/// </summary>
internal readonly record struct CodeCell(Opcode Op, int Gas, long Value);
