using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>Balances at genesis.</summary>
internal sealed class AllocationsField() : GenesisListField<GenesisAllocation>("allocations", NetworkParametersRules.MaxAllocations)
{
    private static readonly string[] Names = ["address", "amount"];

    private protected override IReadOnlyList<GenesisAllocation> Items(NetworkParameters parameters) => parameters.Allocations;

    private protected override NetworkParameters Replace(NetworkParameters parameters, GenesisAllocation[] items) =>
        parameters with { Allocations = items };

    private protected override Address AddressOf(GenesisAllocation item) => item.Address;

    private protected override ValidationResult CheckItem(string path, GenesisAllocation item) =>
        Amounts.Check($"{path}.amount", item.Amount);

    private protected override ValidationResult ReadItem(string path, JsonElement element, out GenesisAllocation? item)
    {
        item = null;
        ValidationResult result = JsonInput.ReadMembers(element, path, Names, out Dictionary<string, JsonElement> members);
        if (!result.IsValid)
        {
            return result;
        }

        result = ReadHolding(path, members, out Address address, out Amount amount);
        item = result.IsValid ? new GenesisAllocation(address, amount) : null;
        return result;
    }

    private protected override void WriteItem(Utf8JsonWriter writer, GenesisAllocation item)
    {
        writer.WriteStartObject();
        writer.WriteString("address", item.Address.ToString());
        writer.WriteString("amount", item.Amount.ToString());
        writer.WriteEndObject();
    }
}
