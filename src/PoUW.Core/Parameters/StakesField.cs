using System.Text.Json;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>Stakes at genesis.</summary>
internal sealed class StakesField() : GenesisListField<GenesisStake>("stakes", NetworkParametersRules.MaxStakes)
{
    private const StakeRoles AllRoles = StakeRoles.Worker | StakeRoles.Validator;
    private const string AllowedRoles = "an array of one or both of \"worker\" and \"validator\"";
    private static readonly string[] Names = ["address", "amount", "roles"];

    private protected override IReadOnlyList<GenesisStake> Items(NetworkParameters parameters) => parameters.Stakes;

    private protected override NetworkParameters Replace(NetworkParameters parameters, GenesisStake[] items) =>
        parameters with { Stakes = items };

    private protected override Address AddressOf(GenesisStake item) => item.Address;

    private protected override ValidationResult CheckItem(string path, GenesisStake item)
    {
        bool known = item.Roles != StakeRoles.None && (item.Roles & ~AllRoles) == StakeRoles.None;
        return known
            ? Amounts.Check($"{path}.amount", item.Amount)
            : ValidationResult.Fail(ValidationCode.OutOfRange, $"{path}.roles", $"Found {(byte)item.Roles}; allowed is {AllowedRoles}.");
    }

    private protected override ValidationResult ReadItem(string path, JsonElement element, out GenesisStake? item)
    {
        item = null;
        ValidationResult result = JsonInput.ReadMembers(element, path, Names, out Dictionary<string, JsonElement> members);
        if (!result.IsValid)
        {
            return result;
        }

        result = ReadHolding(path, members, out Address address, out Amount amount);
        if (!result.IsValid)
        {
            return result;
        }

        string rolesPath = $"{path}.roles";
        StakeRoles roles = StakeRoles.None;
        result = members.TryGetValue("roles", out JsonElement list) ? ReadRoles(rolesPath, list, out roles) : JsonInput.Missing(rolesPath);
        item = result.IsValid ? new GenesisStake(address, amount, roles) : null;
        return result;
    }

    private protected override void WriteItem(Utf8JsonWriter writer, GenesisStake item)
    {
        writer.WriteStartObject();
        writer.WriteString("address", item.Address.ToString());
        writer.WriteString("amount", item.Amount.ToString());
        writer.WriteStartArray("roles");
        if (item.Roles.HasFlag(StakeRoles.Worker))
        {
            writer.WriteStringValue("worker");
        }

        if (item.Roles.HasFlag(StakeRoles.Validator))
        {
            writer.WriteStringValue("validator");
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static ValidationResult ReadRoles(string path, JsonElement element, out StakeRoles roles)
    {
        roles = StakeRoles.None;
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() == 0)
        {
            return JsonInput.Wrong(path, element, AllowedRoles);
        }

        int index = 0;
        foreach (JsonElement entry in element.EnumerateArray())
        {
            StakeRoles role = RoleOf(entry);
            if (role == StakeRoles.None || (roles & role) != StakeRoles.None)
            {
                return JsonInput.Wrong($"{path}[{index}]", entry, AllowedRoles);
            }

            roles |= role;
            index++;
        }

        return ValidationResult.Ok;
    }

    private static StakeRoles RoleOf(JsonElement entry) => JsonInput.TryText(entry, out string text)
        ? text switch
        {
            "worker" => StakeRoles.Worker,
            "validator" => StakeRoles.Validator,
            _ => StakeRoles.None,
        }
        : StakeRoles.None;
}
