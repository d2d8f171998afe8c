using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Tests.Reference;

/// <summary>
/// An instruction of the table in docs/vm.md.
/// </summary>
/// <param name="Operands">Widths of the operands in bytes, in order; VECTOROP's depend on the operation.</param>
/// <param name="Pops">Values that it takes.</param>
/// <param name="Pushes">Values that it gives.</param>
/// <param name="Gas">Static gas, or the base of it.</param>
internal sealed record ReferenceInstruction(int[] Operands, int Pops, int Pushes, int Gas)
{
    /// <summary>The table.</summary>
    public static IReadOnlyDictionary<Opcode, ReferenceInstruction> Table { get; } = Create();

    private static Dictionary<Opcode, ReferenceInstruction> Create()
    {
        Dictionary<Opcode, ReferenceInstruction> table = [];
        void Add(int gas, int pops, int pushes, int[] operands, params Opcode[] opcodes)
        {
            foreach (Opcode opcode in opcodes)
            {
                table.Add(opcode, new ReferenceInstruction(operands, pops, pushes, gas));
            }
        }

        Add(1, 0, 0, [], Opcode.Halt);
        Add(1, 0, 1, [8], Opcode.Push);
        Add(1, 0, 1, [2], Opcode.Constant);
        Add(1, 1, 0, [], Opcode.Pop);
        Add(1, 1, 2, [], Opcode.Dup);
        Add(1, 2, 2, [], Opcode.Swap);
        Add(1, 0, 1, [1], Opcode.Load);
        Add(1, 1, 0, [1], Opcode.Store);
        Add(1, 2, 1, [], Opcode.Add, Opcode.Sub, Opcode.Shl, Opcode.Shr, Opcode.ShrUnsigned, Opcode.And, Opcode.Or, Opcode.Xor);
        Add(1, 2, 1, [], Opcode.Equal, Opcode.NotEqual, Opcode.Less, Opcode.LessOrEqual, Opcode.Min, Opcode.Max);
        Add(2, 2, 1, [], Opcode.Mul);
        Add(8, 2, 1, [], Opcode.Div, Opcode.Mod);
        Add(1, 1, 1, [], Opcode.Neg, Opcode.Not, Opcode.BitWidth);
        Add(32, 3, 1, [], Opcode.Rand);
        Add(1, 3, 1, [], Opcode.Select);
        Add(1, 0, 0, [4], Opcode.Jump);
        Add(1, 1, 0, [4], Opcode.JumpIf);
        Add(2, 0, 0, [4], Opcode.Call);
        Add(2, 0, 0, [], Opcode.Ret);
        Add(1, 0, 0, [1, 4], Opcode.Loop);
        Add(64, 0, 0, [2, 2, 2, 1], Opcode.MatMul);
        Add(64, 0, 0, [1], Opcode.VectorOp);
        Add(64, 3, 0, [2, 2], Opcode.MemCopy);
        Add(64, 0, 0, [2], Opcode.Checkpoint);
        Add(8, 1, 0, [], Opcode.Emit);
        Add(4, 2, 1, [2], Opcode.TensorLoad);
        Add(4, 3, 0, [2], Opcode.TensorStore);
        Add(1, 1, 1, [], Opcode.MemoryLoad, Opcode.MemoryLoadByte);
        Add(1, 2, 0, [], Opcode.MemoryStore, Opcode.MemoryStoreByte);
        Add(8, 3, 0, [], Opcode.MemoryCopy);
        return table;
    }
}
