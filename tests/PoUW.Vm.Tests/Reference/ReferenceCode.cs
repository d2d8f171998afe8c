using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Tests.Reference;

/// <summary>Reads instructions from the bytes of a program, one at a time, and follows its paths.</summary>
internal static class ReferenceCode
{
    /// <summary>The operands of the instruction at an offset, unsigned, with VECTOROP's operation first, and the offset of the next one.</summary>
    public static (long[] Operands, int Next) Read(byte[] code, int offset)
    {
        List<int> widths = [.. ReferenceInstruction.Table[(Opcode)code[offset]].Operands];
        if ((Opcode)code[offset] == Opcode.VectorOp)
        {
            ReferenceOperation operation = ReferenceOperation.ByCode[code[offset + 1]];
            widths.AddRange(Enumerable.Repeat(2, operation.Slots));
            widths.AddRange(Enumerable.Repeat(4, operation.Immediates));
        }

        long[] operands = new long[widths.Count];
        int at = offset + 1;
        for (int i = 0; i < operands.Length; i++)
        {
            for (int digit = 0; digit < widths[i]; digit++)
            {
                operands[i] |= (long)code[at++] << (8 * digit);
            }
        }

        return (operands, at);
    }

    /// <summary>Values that the instruction at an offset takes and gives.</summary>
    public static (int Pops, int Pushes) Effect(byte[] code, int offset)
    {
        if ((Opcode)code[offset] == Opcode.VectorOp)
        {
            ReferenceOperation operation = ReferenceOperation.ByCode[code[offset + 1]];
            return (operation.Arguments, operation.Pushes ? 1 : 0);
        }

        ReferenceInstruction instruction = ReferenceInstruction.Table[(Opcode)code[offset]];
        return (instruction.Pops, instruction.Pushes);
    }

    /// <summary>The most values that any subroutine of a program holds, its callers' not counted.</summary>
    public static int DeepestStack(ReferenceProgram program)
    {
        Dictionary<int, int> seen = [];
        Stack<(int Offset, int Depth)> open = new(program.Entries.Select(entry => (entry.Offset, 0)));
        int deepest = 0;
        while (open.TryPop(out (int Offset, int Depth) at))
        {
            if (!seen.TryAdd(at.Offset, at.Depth))
            {
                Assert.That(seen[at.Offset], Is.EqualTo(at.Depth), $"Two depths at {at.Offset}: the verifier should not have accepted it.");
                continue;
            }

            (int pops, int pushes) = Effect(program.Code, at.Offset);
            (long[] operands, int next) = Read(program.Code, at.Offset);
            int after = at.Depth - pops + pushes;
            Assert.That(at.Depth, Is.GreaterThanOrEqualTo(pops), "The verifier should not have accepted an underflow.");
            deepest = Math.Max(deepest, Math.Max(at.Depth, after));
            Opcode opcode = (Opcode)program.Code[at.Offset];
            if (opcode is Opcode.Jump or Opcode.JumpIf or Opcode.Loop or Opcode.Call)
            {
                open.Push(((int)operands[^1], opcode == Opcode.Call ? 0 : after));
            }

            if (opcode is not (Opcode.Halt or Opcode.Ret or Opcode.Jump))
            {
                open.Push((next, after));
            }
        }

        return deepest;
    }
}
