using PoUW.Vm.Tensors;

namespace PoUW.Vm.Bytecode;

/// <summary>One slot operand of a vector operation: its access and the element types that it may have.</summary>
internal sealed record SlotOperand(SlotAccess Access, params TensorType[] Types);
