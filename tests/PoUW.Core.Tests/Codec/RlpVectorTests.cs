using System.Globalization;
using System.Text.Json;
using PoUW.Core.Codec;

namespace PoUW.Core.Tests.Codec;

/// <summary>The public vectors of RLP (tests/vectors/rlp), read item by item whatever their nesting.</summary>
public sealed class RlpVectorTests
{
    public static IEnumerable<TestCaseData> Valid() => Cases("valid.json");

    public static IEnumerable<TestCaseData> Invalid() => Cases("invalid.json");

    [Test]
    public void All_published_vectors_are_there()
    {
        Assert.That(Valid().Count(), Is.EqualTo(28));
        Assert.That(Invalid().Count(), Is.EqualTo(26));
    }

    [TestCaseSource(nameof(Valid))]
    public void Valid_vectors_are_written_and_read(JsonElement vector)
    {
        byte[] encoding = PublishedVectors.Bytes(vector, "encoding");
        using RlpWriter writer = new();
        Write(writer, vector.GetProperty("value"));
        Assert.That(Convert.ToHexStringLower(writer.WrittenSpan), Is.EqualTo(Convert.ToHexStringLower(encoding)));

        RlpReader reader = new(encoding);
        List<string> read = [];
        List<string> expected = [];
        Read(ref reader, read);
        Flatten(vector.GetProperty("value"), expected);
        Assert.That(reader.TryFinish(), Is.True);
        Assert.That(read, Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Valid))]
    public void Integers_up_to_128_bits_are_written_and_read_as_numbers(JsonElement vector)
    {
        if (!vector.TryGetProperty("number", out JsonElement text) || !UInt128.TryParse(text.GetString(), CultureInfo.InvariantCulture, out UInt128 number))
        {
            return;
        }

        byte[] encoding = PublishedVectors.Bytes(vector, "encoding");
        RlpReader reader = new(encoding);
        Assert.That(new RlpWriter().Write(number).ToArray(), Is.EqualTo(encoding));
        Assert.That(reader.ReadUInt128(), Is.EqualTo(number));
        Assert.That(reader.TryFinish(), Is.True);
    }

    [TestCaseSource(nameof(Invalid))]
    public void Invalid_vectors_are_refused(JsonElement vector)
    {
        RlpReader reader = new(PublishedVectors.Bytes(vector, "encoding"));
        Read(ref reader, []);

        Assert.That(reader.TryFinish(), Is.False);
    }

    private static void Write(RlpWriter writer, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            writer.Write(PublishedVectors.Bytes(value));
            return;
        }

        writer.BeginList();
        foreach (JsonElement item in value.EnumerateArray())
        {
            Write(writer, item);
        }

        writer.EndList();
    }

    private static void Flatten(JsonElement value, List<string> items)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            items.Add(Convert.ToHexStringLower(PublishedVectors.Bytes(value)));
            return;
        }

        items.Add("[");
        foreach (JsonElement item in value.EnumerateArray())
        {
            Flatten(item, items);
        }

        items.Add("]");
    }

    private static void Read(ref RlpReader reader, List<string> items)
    {
        ReadOnlySpan<byte> item = reader.ReadEncodedItem();
        if (reader.Failed)
        {
            return;
        }

        RlpReader one = new(item);
        if (item[0] < 0xC0)
        {
            items.Add(Convert.ToHexStringLower(one.ReadBytes(int.MaxValue)));
            return;
        }

        items.Add("[");
        RlpReader inner = one.ReadList();
        while (!inner.AtEnd)
        {
            Read(ref inner, items);
            if (inner.Failed)
            {
                // A deviation inside a list is one of the whole.
                reader.ReadBytes(-1);
            }
        }

        items.Add("]");
    }

    private static IEnumerable<TestCaseData> Cases(string file) =>
        PublishedVectors.Read("rlp", file).Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.GetProperty("name").GetString()!));
}
