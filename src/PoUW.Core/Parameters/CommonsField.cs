using System.Text.Json;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Parameters;

/// <summary>The commons product. Its limits keep both operands below 2^27 bytes and the product far below the consensus limit.</summary>
internal sealed class CommonsField() : ParameterField("commons")
{
    private const ulong MaxOuter = 16_384;
    private static readonly string[] Names = ["m", "k", "n", "seed"];

    private static readonly NumberRule Outer = new(TileWorkParameters.MinMinedOuter, MaxOuter);
    private static readonly NumberRule Inner = new(TileWorkParameters.MinMinedInner, TileWorkParameters.MaxPaddedInner);
    private static readonly NumberRule Seeds = new(0, NumberRule.MaxExact);

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters)
    {
        CommonsProduct product = parameters.Commons;
        ReadOnlySpan<(NumberRule Rule, ulong Value)> values =
            [(Outer, Unsigned(product.M)), (Inner, Unsigned(product.K)), (Outer, Unsigned(product.N)), (Seeds, product.Seed)];
        for (int i = 0; i < values.Length; i++)
        {
            ValidationResult result = values[i].Rule.Check(JsonInput.Join(Name, Names[i]), values[i].Value);
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
        ValidationResult result = JsonInput.ReadMembers(element, Name, Names, out Dictionary<string, JsonElement> members);
        ReadOnlySpan<NumberRule> rules = [Outer, Inner, Outer, Seeds];
        Span<ulong> values = stackalloc ulong[Names.Length];
        for (int i = 0; i < Names.Length && result.IsValid; i++)
        {
            string path = JsonInput.Join(Name, Names[i]);
            result = members.TryGetValue(Names[i], out JsonElement member)
                ? rules[i].Read(path, member, out values[i])
                : JsonInput.Missing(path);
        }

        if (result.IsValid)
        {
            parameters = parameters with { Commons = new CommonsProduct((int)values[0], (int)values[1], (int)values[2], values[3]) };
        }

        return result;
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters)
    {
        CommonsProduct product = parameters.Commons;
        writer.WriteStartObject();
        writer.WriteNumber("m", product.M);
        writer.WriteNumber("k", product.K);
        writer.WriteNumber("n", product.N);
        writer.WriteNumber("seed", product.Seed);
        writer.WriteEndObject();
    }

    // A negative dimension is as wrong as zero.
    private static ulong Unsigned(int dimension) => (ulong)Math.Max(dimension, 0);
}
