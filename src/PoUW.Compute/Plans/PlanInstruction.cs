using PoUW.Vm.Operations;

namespace PoUW.Compute.Plans;

/// <summary>One instruction of a plan. A plan is straight code: loops belong to its sections.</summary>
internal abstract record PlanInstruction;

/// <summary>A tensor operation; the result goes to a register if it has one.</summary>
internal sealed record TensorInstruction(
    TensorOp Op, IReadOnlyList<BufferId> Operands, int[] Immediates, IReadOnlyList<Register> Arguments, Register? Result)
    : PlanInstruction;

/// <summary>C = op(A) * op(B).</summary>
internal sealed record ProductInstruction(BufferId C, BufferId A, BufferId B, bool TransposeA, bool TransposeB, bool TileWork) : PlanInstruction;

/// <summary>Copies rows; destination row, source row and count are registers.</summary>
internal sealed record CopyRowsInstruction(BufferId Destination, BufferId Source, Register To, Register From, Register Rows) : PlanInstruction;

/// <summary>Target = value.</summary>
internal sealed record ConstantInstruction(Register Target, long Value) : PlanInstruction;

/// <summary>Target = A op B; B is not used by <see cref="ScalarOp.BitWidth"/>.</summary>
internal sealed record ScalarInstruction(ScalarOp Op, Register Target, Register A, Register B) : PlanInstruction;

/// <summary>Target = the value of the last entry whose From is not above the key; entries are sorted, the first starts at the least key.</summary>
internal sealed record LookupInstruction(Register Target, Register Key, IReadOnlyList<(long From, long Value)> Table) : PlanInstruction;

/// <summary>Target = an element; fp32 as its bits, sign-extended.</summary>
internal sealed record LoadInstruction(Register Target, BufferId Buffer, int Row, int Column) : PlanInstruction;

/// <summary>An element = a register.</summary>
internal sealed record StoreInstruction(BufferId Buffer, int Row, int Column, Register Value) : PlanInstruction;

/// <summary>Appends a register to the outputs of the run.</summary>
internal sealed record EmitInstruction(Register Value) : PlanInstruction;

/// <summary>The state is complete.</summary>
internal sealed record CheckpointInstruction(string Name) : PlanInstruction;
