using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;

namespace PoUW.Compute.Tests.StateDicts;

/// <summary>The files that Goldens/pytorch/make_state_dicts.py made with PyTorch, and what is in them.</summary>
internal static class Goldens
{
    private static readonly string[] TypeNames = ["BOOL", "U8", "I8", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64"];

    public static string Folder { get; } = FindFolder();

    public static IEnumerable<string> PyTorchFiles => Directory.GetFiles(Folder, "*.pt").Select(path => Path.GetFileName(path)!).Order();

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>The description of a file.</summary>
    public static JsonElement Expected(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json")));
        return document.RootElement.GetProperty(name).Clone();
    }

    /// <summary>Asserts that a value is what the description says.</summary>
    public static void AssertEqual(PyTorchValue found, JsonElement expected, string path)
    {
        switch (found)
        {
            case PyTorchTensor tensor:
                AssertTensor(tensor.Tensor, expected, path);
                break;
            case PyTorchDictionary dictionary:
                Assert.That(dictionary.IsOrdered, Is.EqualTo(expected.GetProperty("ordered").GetBoolean()), path);
                JsonElement pairs = expected.GetProperty("dict");
                Assert.That(dictionary.Select(p => p.Key.ToString()), Is.EqualTo(pairs.EnumerateArray().Select(p => p[0].ToString())), path);
                Assert.That(dictionary.Select(p => p.Key.Text is null), Is.EqualTo(pairs.EnumerateArray().Select(p => p[0].ValueKind == JsonValueKind.Number)));
                foreach ((PyTorchValue item, int i) in dictionary.Select((p, i) => (p.Value, i)))
                {
                    AssertEqual(item, pairs[i][1], $"{path}/{pairs[i][0]}");
                }

                break;
            case PyTorchList list:
                AssertItems(list, expected.GetProperty("list"), path);
                break;
            case PyTorchTuple tuple:
                AssertItems(tuple, expected.GetProperty("tuple"), path);
                break;
            default:
                Assert.That(Describe(found), Is.EqualTo(expected.ValueKind == JsonValueKind.Object ? expected.GetProperty("float").ToString() : expected.ToString()), path);
                break;
        }
    }

    public static void AssertTensor(StateTensor found, JsonElement expected, string path) => Assert.Multiple(() =>
    {
        Assert.That(TypeNames[(int)found.Type], Is.EqualTo(expected.GetProperty("tensor").GetString()), path);
        Assert.That(found.Shape, Is.EqualTo(expected.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())), path);
        Assert.That(
            Convert.ToHexStringLower(SHA256.HashData(found.Data.Span)), Is.EqualTo(expected.GetProperty("sha256").GetString()), path);
    });

    private static void AssertItems(IReadOnlyList<PyTorchValue> found, JsonElement expected, string path)
    {
        Assert.That(found, Has.Count.EqualTo(expected.GetArrayLength()), path);
        for (int i = 0; i < found.Count; i++)
        {
            AssertEqual(found[i], expected[i], $"{path}/{i}");
        }
    }

    private static string Describe(PyTorchValue value) => value switch
    {
        PyTorchNumber { Kind: PyTorchNumberKind.Float } number => Hex(number.ToFloat64()),
        PyTorchNumber number => number.ToString(),
        PyTorchText text => text.Value,
        PyTorchNone => "",
        _ => value.GetType().Name,
    };

    /// <summary>As Python's float.hex().</summary>
    private static string Hex(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        long exponent = ((bits >> 52) & 0x7FF) - 1023;
        string sign = bits < 0 ? "-" : "";
        return value == 0
            ? sign + "0x0.0p+0"
            : string.Create(CultureInfo.InvariantCulture, $"{sign}0x1.{bits & ((1L << 52) - 1):x13}p{(exponent < 0 ? "" : "+")}{exponent}");
    }

    private static string FindFolder()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "PoUW.Sdk.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory!.FullName, "tests", "PoUW.Compute.Tests", "Goldens", "pytorch");
    }
}
