using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Verification;

/// <summary>Checks everything of a program but its instructions.</summary>
internal static class DeclarationChecks
{
    public static ValidationResult Check(VmProgram program, VmLimits limits)
    {
        ValidationResult counts = CheckCounts(program, limits);
        if (!counts.IsValid)
        {
            return counts;
        }

        ValidationResult slots = CheckSlots(program, limits);
        return slots.IsValid ? CheckNames(program, limits) : slots;
    }

    private static ValidationResult CheckCounts(VmProgram program, VmLimits limits)
    {
        (string Field, int Count, int Limit)[] counts =
        [
            ("slots", program.Slots.Count, Math.Min(limits.MaxSlots, ushort.MaxValue)),
            ("constants", program.Constants.Count, Math.Min(limits.MaxConstants, ushort.MaxValue)),
            ("entryPoints", program.EntryPoints.Count, limits.MaxEntryPoints),
            ("checkpoints", program.Checkpoints.Count, Math.Min(limits.MaxCheckpoints, ushort.MaxValue)),
            ("code", program.Code.Length, limits.MaxCodeBytes),
            ("memory", program.MemoryBytes, limits.MaxLinearMemoryBytes),
        ];
        foreach ((string field, int count, int limit) in counts)
        {
            if (count > limit)
            {
                return ValidationResult.Fail(ValidationCode.TooLarge, field, $"The program has {count}; the limit is {limit}.");
            }
        }

        return program.EntryPoints.Count > 0
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, "entryPoints", "The program has no entry point.");
    }

    private static ValidationResult CheckSlots(VmProgram program, VmLimits limits)
    {
        long total = 0;
        foreach (VmSlot slot in program.Slots)
        {
            if (!Enum.IsDefined(slot.Type) || !Enum.IsDefined(slot.Kind) || slot.Rows < 1 || slot.Columns < 1)
            {
                return ValidationResult.Fail(ValidationCode.OutOfRange, "slots", $"Slot '{slot.Name}' has a bad type, kind or dimension.");
            }

            if (slot.Length > int.MaxValue || slot.ByteLength > Math.Min(limits.MaxSlotBytes, Array.MaxLength))
            {
                return ValidationResult.Fail(
                    ValidationCode.TooLarge, "slots", $"Slot '{slot.Name}' has {slot.ByteLength} bytes; the limit is {limits.MaxSlotBytes}.");
            }

            total += slot.ByteLength;
        }

        return total <= limits.MaxMemoryBytes
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.TooLarge, "slots", $"The slots have {total} bytes; the limit is {limits.MaxMemoryBytes}.");
    }

    private static ValidationResult CheckNames(VmProgram program, VmLimits limits)
    {
        (string Field, IEnumerable<string> Names)[] groups =
        [
            ("slots", program.Slots.Select(s => s.Name)),
            ("entryPoints", program.EntryPoints.Select(e => e.Name)),
            ("checkpoints", program.Checkpoints),
        ];
        foreach ((string field, IEnumerable<string> names) in groups)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (string name in names)
            {
                if (name.Length == 0 || name.Length > limits.MaxNameBytes || !name.All(IsNameCharacter))
                {
                    return ValidationResult.Fail(
                        ValidationCode.Malformed, field, $"'{name}' is no name: use 1 to {limits.MaxNameBytes} of A-Z, a-z, 0-9, '.', '_' and '-'.");
                }

                if (!seen.Add(name))
                {
                    return ValidationResult.Fail(ValidationCode.Malformed, field, $"The name '{name}' is used twice.");
                }
            }
        }

        return ValidationResult.Ok;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
