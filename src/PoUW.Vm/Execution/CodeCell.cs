using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Execution;

/// <summary>An instruction prepared for the loop: constants are resolved and targets are cell indices.</summary>
internal readonly record struct CodeCell(Opcode Op, long Value, long Gas);
