using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>A parameter that is an amount.</summary>
internal sealed class AmountField(
    string name,
    Amount min,
    Amount max,
    Func<NetworkParameters, Amount> get,
    Func<NetworkParameters, Amount, NetworkParameters> set) : ParameterField(name)
{
    private readonly AmountRule _rule = new(min, max);

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters) => _rule.Check(Name, get(parameters));

    /// <inheritdoc/>
    internal override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        ValidationResult result = _rule.Read(Name, element, out Amount value);
        parameters = result.IsValid ? set(parameters, value) : parameters;
        return result;
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters) =>
        writer.WriteStringValue(get(parameters).ToString());
}
