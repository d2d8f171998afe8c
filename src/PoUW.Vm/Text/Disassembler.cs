using System.Globalization;
using System.Text;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Text;

/// <summary>Writes a program as assembly text that <see cref="Assembler"/> reads back to the same bytes.</summary>
public static class Disassembler
{
    /// <summary>The text of a program that the verifier accepts.</summary>
    /// <exception cref="ArgumentException">The code holds something that is no instruction.</exception>
    public static string Write(VmProgram program)
    {
        List<Instruction> instructions = Decode(program);
        HashSet<long> targets = [.. instructions.Where(IsBranch).Select(i => i.Value), .. program.EntryPoints.Select(e => (long)e.Offset)];
        StringBuilder text = new();
        WriteDeclarations(text, program);
        foreach (Instruction instruction in instructions)
        {
            if (targets.Contains(instruction.Offset))
            {
                text.Append(Label(instruction.Offset)).Append(":\n");
            }

            text.Append("    ").Append(Line(program, instruction)).Append('\n');
        }

        return text.ToString();
    }

    private static List<Instruction> Decode(VmProgram program)
    {
        List<Instruction> instructions = [];
        int offset = 0;
        while (offset < program.Code.Length)
        {
            string? problem = InstructionCodec.TryDecode(program.Code, offset, out Instruction instruction);
            if (problem is not null)
            {
                throw new ArgumentException($"Offset {offset}: {problem}", nameof(program));
            }

            instructions.Add(instruction);
            offset += instruction.Size;
        }

        return instructions;
    }

    private static void WriteDeclarations(StringBuilder text, VmProgram program)
    {
        foreach (VmSlot slot in program.Slots)
        {
            text.Append(CultureInfo.InvariantCulture, $".slot {Lower(slot.Kind)} {slot.Name} {Lower(slot.Type)} {slot.Rows} {slot.Columns}\n");
        }

        if (program.MemoryBytes > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $".memory {program.MemoryBytes}\n");
        }

        foreach (long constant in program.Constants)
        {
            text.Append(CultureInfo.InvariantCulture, $".constant {constant}\n");
        }

        foreach (string name in program.Checkpoints)
        {
            text.Append(CultureInfo.InvariantCulture, $".checkpoint {name}\n");
        }

        foreach (VmEntryPoint entry in program.EntryPoints)
        {
            text.Append(CultureInfo.InvariantCulture, $".entry {entry.Name} {entry.ParameterCount} {Label(entry.Offset)}\n");
        }

        text.Append(".code\n");
    }

    private static string Line(VmProgram program, in Instruction instruction)
    {
        OpcodeInfo info = OpcodeInfo.Find((byte)instruction.Op)!;
        string name = info.Mnemonic;
        string value = instruction.Value.ToString(CultureInfo.InvariantCulture);
        return info.Layout switch
        {
            OperandLayout.None => name,
            OperandLayout.Target => $"{name} {Label(instruction.Value)}",
            OperandLayout.LocalTarget => $"{name} {instruction.Local} {Label(instruction.Value)}",
            OperandLayout.Slot => $"{name} {SlotNames(program, instruction)}",
            OperandLayout.CheckpointIndex => $"{name} {program.Checkpoints[(int)instruction.Value]}",
            OperandLayout.SlotPair => $"{name} {SlotNames(program, instruction)}",
            OperandLayout.MatMul => $"{name} {SlotNames(program, instruction)} {Flags((int)instruction.Value)}",
            OperandLayout.Vector => VectorLine(program, instruction),
            _ => $"{name} {value}",
        };
    }

    private static string VectorLine(VmProgram program, in Instruction instruction)
    {
        TensorOp operation = instruction.Operation!;
        int[] values = instruction.Immediates;
        IEnumerable<string> immediates = operation.Immediates.Select((spec, i) => ImmediateText.Write(spec, values[i]));
        return string.Join(' ', [$"vec.{operation.Name}", SlotNames(program, instruction), .. immediates]);
    }

    private static string SlotNames(VmProgram program, in Instruction instruction) =>
        string.Join(' ', instruction.Slots.Select(slot => program.Slots[slot].Name));

    private static string Flags(int flags) =>
        ((flags & Instruction.TransposeA) != 0 ? "t" : "n") + ((flags & Instruction.TransposeB) != 0 ? "t" : "n")
        + ((flags & Instruction.TileWork) != 0 ? "w" : "");

    private static string Label(long offset) => "L" + offset.ToString("D5", CultureInfo.InvariantCulture);

    private static bool IsBranch(Instruction instruction) => OpcodeInfo.Find((byte)instruction.Op)!.Layout is OperandLayout.Target or OperandLayout.LocalTarget;

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
