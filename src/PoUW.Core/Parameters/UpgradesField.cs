using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>
/// The upgrades of a network: each at most once, in the order of <see cref="NetworkUpgrade"/>, with heights that do not fall. So one set
/// of rules has one encoding.
/// </summary>
internal sealed class UpgradesField() : ParameterField("upgrades")
{
    private static readonly string[] Names = ["name", "height"];
    private static readonly NumberRule Heights = new(0, NumberRule.MaxExact);

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters)
    {
        IReadOnlyList<UpgradeActivation> upgrades = parameters.Upgrades;
        if (upgrades.Count > UpgradeNames.Count)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, Name, $"Found {upgrades.Count} entries; allowed are at most {UpgradeNames.Count}.");
        }

        if (upgrades.Count == 0 || upgrades[0] is not { Upgrade: NetworkUpgrade.TileWork1, Height: 0 })
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange,
                $"{Name}[0]",
                $"Found {(upgrades.Count == 0 ? "nothing" : Describe(upgrades[0]))}; allowed is \"tile-work-1\" at height 0: blocks have a "
                    + "certificate version from the first one on.");
        }

        for (int i = 1; i < upgrades.Count; i++)
        {
            ValidationResult result = CheckAfter($"{Name}[{i}]", upgrades[i - 1], upgrades[i]);
            if (!result.IsValid)
            {
                return result;
            }
        }

        return ValidationResult.Ok;
    }

    /// <inheritdoc/>
    internal override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            return JsonInput.Wrong(Name, element, $"an array of at most {UpgradeNames.Count} objects");
        }

        if (element.GetArrayLength() > UpgradeNames.Count)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, Name, $"Found {element.GetArrayLength()} entries; allowed are at most {UpgradeNames.Count}.");
        }

        List<UpgradeActivation> upgrades = [];
        foreach (JsonElement item in element.EnumerateArray())
        {
            ValidationResult result = ReadItem($"{Name}[{upgrades.Count}]", item, out UpgradeActivation? activation);
            if (!result.IsValid)
            {
                return result;
            }

            upgrades.Add(activation!);
        }

        parameters = parameters with { Upgrades = upgrades.ToArray() };
        return Check(parameters);
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters)
    {
        writer.WriteStartArray();
        foreach (UpgradeActivation activation in parameters.Upgrades)
        {
            writer.WriteStartObject();
            writer.WriteString("name", UpgradeNames.Of(activation.Upgrade));
            writer.WriteNumber("height", activation.Height);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static ValidationResult CheckAfter(string path, UpgradeActivation before, UpgradeActivation activation)
    {
        if (UpgradeNames.Of(activation.Upgrade) is null)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, $"{path}.name", $"Found {(int)activation.Upgrade}; allowed is one of {UpgradeNames.All}.");
        }

        if (activation.Upgrade <= before.Upgrade)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange,
                $"{path}.name",
                $"Found {Describe(activation)} after {Describe(before)}; allowed is each once, in the order {UpgradeNames.All}.");
        }

        return activation.Height < before.Height
            ? ValidationResult.Fail(
                ValidationCode.OutOfRange, $"{path}.height", $"Found {activation.Height}; allowed is at least {before.Height}, the height before.")
            : Heights.Check($"{path}.height", activation.Height);
    }

    private static ValidationResult ReadItem(string path, JsonElement element, out UpgradeActivation? activation)
    {
        activation = null;
        ValidationResult result = JsonInput.ReadMembers(element, path, Names, out Dictionary<string, JsonElement> members);
        if (!result.IsValid)
        {
            return result;
        }

        if (!members.TryGetValue("name", out JsonElement name))
        {
            return JsonInput.Missing($"{path}.name");
        }

        if (!JsonInput.TryText(name, out string text) || !UpgradeNames.TryParse(text, out NetworkUpgrade upgrade))
        {
            return JsonInput.Wrong($"{path}.name", name, $"one of {UpgradeNames.All}");
        }

        if (!members.TryGetValue("height", out JsonElement at))
        {
            return JsonInput.Missing($"{path}.height");
        }

        result = Heights.Read($"{path}.height", at, out ulong height);
        activation = result.IsValid ? new UpgradeActivation(upgrade, height) : null;
        return result;
    }

    private static string Describe(UpgradeActivation activation) =>
        $"\"{UpgradeNames.Of(activation.Upgrade) ?? ((int)activation.Upgrade).ToString(System.Globalization.CultureInfo.InvariantCulture)}\" at height {activation.Height}";
}
