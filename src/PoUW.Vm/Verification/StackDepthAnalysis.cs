using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Verification;

/// <summary>
/// Follows all paths and gives every instruction one stack depth, counted from the start of its subroutine. A subroutine starts at
/// depth 0 and returns at depth 0, so it cannot touch its caller's values.
/// </summary>
internal static class StackDepthAnalysis
{
    private const int Unknown = -1;

    public static ValidationResult Check(List<Instruction> instructions, IEnumerable<int> entries, VmLimits limits, out int maxDepth)
    {
        maxDepth = 0;
        int[] depths = new int[instructions.Count];
        Array.Fill(depths, Unknown);
        Queue<int> pending = new();
        foreach (int entry in entries.Distinct())
        {
            depths[entry] = 0;
            pending.Enqueue(entry);
        }

        while (pending.TryDequeue(out int index))
        {
            ValidationResult result = Step(instructions, depths, pending, index, ref maxDepth);
            if (!result.IsValid)
            {
                return result;
            }
        }

        return maxDepth <= limits.MaxStackDepth
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooLarge, "code", $"The stack grows to {maxDepth}; the limit is {limits.MaxStackDepth}.");
    }

    private static ValidationResult Step(List<Instruction> instructions, int[] depths, Queue<int> pending, int index, ref int maxDepth)
    {
        Instruction instruction = instructions[index];
        int depth = depths[index];
        if (depth < instruction.Pops)
        {
            return ProgramVerifier.Bad(instruction.Offset, $"The instruction takes {instruction.Pops} values, but the stack holds {depth}.");
        }

        int after = depth - instruction.Pops + instruction.Pushes;
        maxDepth = Math.Max(maxDepth, Math.Max(depth, after));
        switch (instruction.Op)
        {
            case Opcode.Halt:
                return ValidationResult.Ok;
            case Opcode.Ret:
                return depth == 0
                    ? ValidationResult.Ok
                    : ProgramVerifier.Bad(instruction.Offset, $"A subroutine must return with an empty stack; it holds {depth}.");
            case Opcode.Jump:
                return Reach(instructions, depths, pending, (int)instruction.Value, after, instruction.Offset);
        }

        if (instruction.Op is Opcode.JumpIf or Opcode.Call or Opcode.Loop)
        {
            int targetDepth = instruction.Op == Opcode.Call ? 0 : after;
            ValidationResult result = Reach(instructions, depths, pending, (int)instruction.Value, targetDepth, instruction.Offset);
            if (!result.IsValid)
            {
                return result;
            }
        }

        return index + 1 < instructions.Count
            ? Reach(instructions, depths, pending, index + 1, after, instruction.Offset)
            : ProgramVerifier.Bad(instruction.Offset, "The code runs off its end.");
    }

    private static ValidationResult Reach(
        List<Instruction> instructions, int[] depths, Queue<int> pending, int target, int depth, int from)
    {
        if (depths[target] == Unknown)
        {
            depths[target] = depth;
            pending.Enqueue(target);
        }
        else if (depths[target] != depth)
        {
            return ProgramVerifier.Bad(
                from, $"Offset {instructions[target].Offset} is reached with stack depths {depths[target]} and {depth}.");
        }

        return ValidationResult.Ok;
    }
}
