using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>A list of what accounts own at genesis; every address appears once.</summary>
internal abstract class GenesisListField<T>(string name, int maxCount) : ParameterField(name)
{
    /// <summary>More than 0 coins, and so little that no sum of a genesis block and its subsidies can reach 2^128 base units.</summary>
    private protected static readonly AmountRule Amounts = new(Amount.FromBaseUnits(1), Amount.FromCoins(NetworkParametersRules.MaxCoins));

    /// <inheritdoc/>
    internal sealed override ValidationResult Check(NetworkParameters parameters)
    {
        IReadOnlyList<T> items = Items(parameters);
        ValidationResult result = CheckCount(items.Count);
        Dictionary<Address, int> seen = [];
        for (int i = 0; i < items.Count && result.IsValid; i++)
        {
            string path = $"{Name}[{i}]";
            Address address = AddressOf(items[i]);
            result = seen.TryAdd(address, i)
                ? CheckItem(path, items[i])
                : ValidationResult.Fail(
                    ValidationCode.OutOfRange, $"{path}.address", $"Found the address of {Name}[{seen[address]}]; allowed is each address once.");
        }

        return result;
    }

    /// <inheritdoc/>
    internal sealed override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            return JsonInput.Wrong(Name, element, $"an array of at most {maxCount} objects");
        }

        ValidationResult result = CheckCount(element.GetArrayLength());
        List<T> items = [];
        foreach (JsonElement item in element.EnumerateArray())
        {
            if (!result.IsValid)
            {
                return result;
            }

            result = ReadItem($"{Name}[{items.Count}]", item, out T? read);
            items.Add(read!);
        }

        parameters = result.IsValid ? Replace(parameters, items.ToArray()) : parameters;
        return result.IsValid ? Check(parameters) : result;
    }

    /// <inheritdoc/>
    internal sealed override void Write(Utf8JsonWriter writer, NetworkParameters parameters)
    {
        writer.WriteStartArray();
        foreach (T item in Items(parameters))
        {
            WriteItem(writer, item);
        }

        writer.WriteEndArray();
    }

    private protected abstract IReadOnlyList<T> Items(NetworkParameters parameters);

    private protected abstract NetworkParameters Replace(NetworkParameters parameters, T[] items);

    private protected abstract Address AddressOf(T item);

    private protected abstract ValidationResult CheckItem(string path, T item);

    private protected abstract ValidationResult ReadItem(string path, JsonElement element, out T? item);

    private protected abstract void WriteItem(Utf8JsonWriter writer, T item);

    /// <summary>Reads the address and the amount of an entry.</summary>
    private protected static ValidationResult ReadHolding(
        string path, Dictionary<string, JsonElement> members, out Address address, out Amount amount)
    {
        amount = default;
        string addressPath = $"{path}.address";
        string amountPath = $"{path}.amount";
        if (!members.TryGetValue("address", out JsonElement addressElement))
        {
            address = default;
            return JsonInput.Missing(addressPath);
        }

        ValidationResult result = ReadAddress(addressPath, addressElement, out address);
        if (!result.IsValid)
        {
            return result;
        }

        return members.TryGetValue("amount", out JsonElement amountElement)
            ? Amounts.Read(amountPath, amountElement, out amount)
            : JsonInput.Missing(amountPath);
    }

    private static ValidationResult ReadAddress(string path, JsonElement element, out Address address)
    {
        address = default;
        return JsonInput.TryText(element, out string text) && AddressText.TryParse(text, out address)
            ? ValidationResult.Ok
            : JsonInput.Wrong(path, element, "0x and 40 hexadecimal digits, in one case or with the checksum of EIP-55");
    }

    private ValidationResult CheckCount(int count) => count <= maxCount
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.TooLarge, Name, $"Found {count} entries; allowed are at most {maxCount}.");
}
