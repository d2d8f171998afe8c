using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Text;

/// <summary>
/// Reads assembly text. One declaration, label or instruction a line; ';' starts a comment. docs/vm.md describes the form. It checks
/// the text, not the program: give the result to the verifier.
/// </summary>
public static class Assembler
{
    /// <summary>Characters of the longest text that is read.</summary>
    public const int MaxTextLength = 1 << 24;

    /// <summary>Reads a program.</summary>
    /// <returns>Ok with the program, or the first line that is wrong, as field "line N".</returns>
    public static ValidationResult TryParse(string text, out VmProgram? program)
    {
        program = null;
        if (text.Length > MaxTextLength)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "text", $"The text is longer than {MaxTextLength} characters.");
        }

        AssemblerPass pass = new();
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string? problem = pass.Line(line.Split(';')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            if (problem is not null)
            {
                return Bad($"line {number}", problem);
            }
        }

        string? unplaced = pass.UnplacedLabel();
        if (unplaced is not null)
        {
            return Bad("labels", $"The label '{unplaced}' is not placed.");
        }

        program = pass.Build();
        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
