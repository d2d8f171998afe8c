using PoUW.Core.Validation;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Verification;

/// <summary>
/// Decides statically whether a program may run: names, sizes and memory within the limits; every byte of code part of one
/// instruction; branch targets on instruction borders; one stack depth for every instruction; subroutines that leave the stack as they
/// found it; operands of matching type and shape; no write to an input slot; products that cannot overflow; no instruction above the gas that one may
/// cost.
/// </summary>
public static class ProgramVerifier
{
    /// <summary>Checks a program.</summary>
    /// <returns>Ok with the verified program, or the first rule that it breaks.</returns>
    public static ValidationResult Verify(VmProgram program, VmLimits limits, out VerifiedProgram? verified)
    {
        verified = null;
        ValidationResult result = DeclarationChecks.Check(program, limits);
        if (!result.IsValid)
        {
            return result;
        }

        result = Decode(program, out List<Instruction> instructions, out Dictionary<int, int> indexByOffset);
        if (!result.IsValid)
        {
            return result;
        }

        result = ResolveTargets(program, instructions, indexByOffset);
        for (int i = 0; i < instructions.Count && result.IsValid; i++)
        {
            string? problem = OperandChecks.Check(program, instructions[i]) ?? GasProblem(program, instructions[i], limits);
            result = problem is null ? result : Bad(instructions[i].Offset, problem);
        }

        if (!result.IsValid)
        {
            return result;
        }

        IEnumerable<int> entries = program.EntryPoints.Select(e => indexByOffset[e.Offset]);
        result = StackDepthAnalysis.Check(instructions, entries, limits, out int maxDepth);
        verified = result.IsValid ? new VerifiedProgram(program, limits, [.. instructions], maxDepth) : null;
        return result;
    }

    /// <summary>Only for an instruction whose operands fit.</summary>
    private static string? GasProblem(VmProgram program, in Instruction instruction, VmLimits limits)
    {
        long gas = GasSchedule.Of(program, instruction);
        return gas <= limits.MaxInstructionGas ? null : $"The instruction costs {gas} gas; the limit is {limits.MaxInstructionGas}.";
    }

    /// <summary>A failure at a code offset.</summary>
    internal static ValidationResult Bad(int offset, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, $"code[{offset}]", message);

    private static ValidationResult Decode(
        VmProgram program, out List<Instruction> instructions, out Dictionary<int, int> indexByOffset)
    {
        instructions = [];
        indexByOffset = [];
        int offset = 0;
        while (offset < program.Code.Length)
        {
            string? problem = InstructionCodec.TryDecode(program.Code, offset, out Instruction instruction);
            if (problem is not null)
            {
                return Bad(offset, problem);
            }

            indexByOffset.Add(offset, instructions.Count);
            instructions.Add(instruction);
            offset += instruction.Size;
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult ResolveTargets(VmProgram program, List<Instruction> instructions, Dictionary<int, int> indexByOffset)
    {
        foreach (VmEntryPoint entry in program.EntryPoints)
        {
            if (!indexByOffset.ContainsKey(entry.Offset))
            {
                return ValidationResult.Fail(
                    ValidationCode.Malformed, "entryPoints", $"'{entry.Name}' starts at {entry.Offset}, which is no instruction.");
            }
        }

        for (int i = 0; i < instructions.Count; i++)
        {
            Instruction instruction = instructions[i];
            if (OpcodeInfo.Find((byte)instruction.Op)!.Layout is not (OperandLayout.Target or OperandLayout.LocalTarget))
            {
                continue;
            }

            if (instruction.Value > int.MaxValue || !indexByOffset.TryGetValue((int)instruction.Value, out int target))
            {
                return Bad(instruction.Offset, $"The target {instruction.Value} is not the start of an instruction.");
            }

            instructions[i] = instruction with { Value = target };
        }

        return ValidationResult.Ok;
    }
}
