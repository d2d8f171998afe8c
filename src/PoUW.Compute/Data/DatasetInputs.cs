using PoUW.Core.Validation;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Data;

/// <summary>Gives programs their data: every input slot takes the column of its name, one sample a row.</summary>
public static class DatasetInputs
{
    /// <summary>Checks that a data set has what a program reads, without copying anything.</summary>
    /// <param name="program">The program.</param>
    /// <param name="data">The data set; it may have columns that the program does not read.</param>
    /// <param name="others">Input slots that somebody else sets, such as "order.key".</param>
    public static ValidationResult Check(VmProgram program, Dataset data, params ReadOnlySpan<string> others)
    {
        foreach (VmSlot slot in program.Slots)
        {
            if (!IsTaken(slot, others))
            {
                continue;
            }

            if (!data.TryColumn(slot.Name, out DatasetColumn? column))
            {
                return ValidationResult.Fail(
                    ValidationCode.OutOfRange, slot.Name,
                    $"The program reads '{slot.Name}', but the data set has only {string.Join(", ", data.Columns.Select(c => $"'{c.Name}'"))}.");
            }

            if (slot.Rows != data.Count || slot.Columns != column!.Width)
            {
                return ValidationResult.Fail(
                    ValidationCode.OutOfRange, slot.Name,
                    $"Input '{slot.Name}' is {slot.Rows}x{slot.Columns}, but the data set has {data.Count} samples of {column!.Width} numbers.");
            }

            if (data.CheckView(column, slot.Type) is { IsValid: false } problem)
            {
                return problem;
            }
        }

        return ValidationResult.Ok;
    }

    /// <summary>Sets the input slots of a machine. Nothing is set if the data does not fit.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="data">The data set.</param>
    /// <param name="others">Input slots that somebody else sets, such as "order.key".</param>
    public static ValidationResult TrySet(Machine machine, Dataset data, params ReadOnlySpan<string> others)
    {
        ValidationResult result = Check(machine.Program, data, others);
        foreach (VmSlot slot in machine.Program.Slots)
        {
            if (result.IsValid && IsTaken(slot, others))
            {
                result = machine.SetInput(slot.Name, data.ToTensor(slot.Name, slot.Type));
            }
        }

        return result;
    }

    private static bool IsTaken(VmSlot slot, ReadOnlySpan<string> others) => slot.Kind == SlotKind.Input && !others.Contains(slot.Name);
}
