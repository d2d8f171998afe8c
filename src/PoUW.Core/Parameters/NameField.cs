using System.Text;
using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>The network's name: short text that is safe to print.</summary>
internal sealed class NameField() : ParameterField("name")
{
    private const int MaxBytes = 32;
    private const string Allowed = "text of 1 to 32 bytes of UTF-8 without control characters";

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters)
    {
        string name = parameters.Name;
        bool good = name.Length is > 0 and <= MaxBytes
            && Encoding.UTF8.GetByteCount(name) <= MaxBytes
            && !name.Any(char.IsControl)
            && IsUnicode(name);
        return good
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, Name, $"The name has {name.Length} characters; allowed is {Allowed}.");
    }

    /// <inheritdoc/>
    internal override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        if (!JsonInput.TryText(element, out string text))
        {
            return JsonInput.Wrong(Name, element, Allowed);
        }

        parameters = parameters with { Name = text };
        return Check(parameters);
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters) => writer.WriteStringValue(parameters.Name);

    // Half a surrogate pair would be replaced in the encoding, and two names would get one hash.
    private static bool IsUnicode(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (Rune.DecodeFromUtf16(rest, out _, out int read) == System.Buffers.OperationStatus.Done)
        {
            rest = rest[read..];
        }

        return rest.IsEmpty;
    }
}
