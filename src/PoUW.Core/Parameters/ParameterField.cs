using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>One network parameter: its name in JSON, its limits, and how it is read and written. Immutable.</summary>
internal abstract class ParameterField(string name)
{
    /// <summary>The name in JSON.</summary>
    internal string Name { get; } = name;

    /// <summary>True if a document that extends no preset has to give it.</summary>
    internal bool IsRequired { get; init; }

    /// <summary>Checks the value against its limits.</summary>
    internal abstract ValidationResult Check(NetworkParameters parameters);

    /// <summary>Puts a value from JSON in place of the one that <paramref name="parameters"/> has.</summary>
    internal abstract ValidationResult Read(JsonElement element, ref NetworkParameters parameters);

    /// <summary>Writes the value, without its name.</summary>
    internal abstract void Write(Utf8JsonWriter writer, NetworkParameters parameters);
}
