using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>The range of an amount, both ends allowed.</summary>
internal readonly record struct AmountRule(Amount Min, Amount Max)
{
    internal ValidationResult Check(string path, Amount value) => value >= Min && value <= Max
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.OutOfRange, path, $"Found {value} coins; allowed is {Min} to {Max}.");

    internal ValidationResult Read(string path, JsonElement element, out Amount value)
    {
        value = default;
        return JsonInput.TryText(element, out string text) && Amount.TryParse(text, out value)
            ? Check(path, value)
            : JsonInput.Wrong(
                path, element, $"text with coins from {Min} to {Max} and at most {Amount.MaxDecimals} decimals, such as \"12.5\"");
    }
}
