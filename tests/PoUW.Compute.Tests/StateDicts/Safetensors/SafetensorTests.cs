using System.Buffers.Binary;
using System.Text;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts.Safetensors;

[TestFixture]
public sealed class SafetensorTests
{
    private const string Entry = "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";

    [Test]
    public void RoundTripsEveryType()
    {
        StateDict tensors = new(
        [
            .. Enum.GetValues<StateTensorType>().Select((t, i) => Pair($"t{i}", new(t, [2, 3], new byte[6 * SizeOf(t)]))),
            Pair("scalar", StateTensor.FromFloat32([1])),
            Pair("empty", StateTensor.FromInt64([], 3, 0)),
            Pair("\"quoted\" \u00e9\n", StateTensor.FromInt8([-1], 1)),
        ]);
        byte[] bytes = new SafetensorFile(tensors, new Dictionary<string, string> { ["format"] = "pt" }).Encode();
        ValidationResult result = SafetensorFile.TryDecode(bytes, SafetensorLimits.Default, out SafetensorFile? file);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsValid, result.ToString());
            Assert.That(file!.Encode(), Is.EqualTo(bytes));
            Assert.That(file.Tensors, Has.Count.EqualTo(tensors.Count));
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8, Is.Zero);
        });
    }

    [Test]
    public void WritesTheFormatToTheByte()
    {
        SafetensorFile file = new(
            new StateDict([Pair("b", StateTensor.FromUInt8([1, 2], 2)), Pair("a", new(StateTensorType.Float32, [1], new byte[] { 3, 4, 5, 6 }))]),
            new Dictionary<string, string>());
        const string Header =
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]}}";
        int padded = (Header.Length + 7) / 8 * 8;
        byte[] expected = [(byte)padded, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(Header.PadRight(padded)), 3, 4, 5, 6, 1, 2];
        Assert.That(file.Encode(), Is.EqualTo(expected));
    }

    [Test]
    public void ReadsAHeaderOfAnotherWriter()
    {
        string header = " {\"x\" : {\"data_offsets\":[0,2], \"shape\":[2], \"dtype\":\"U8\"}} ".Trim() + "   ";
        Assert.That(Decode(header, 2, out SafetensorFile? file).IsValid);
        Assert.That(file!.Tensors["x"].Data.ToArray(), Is.EqualTo(new byte[] { 0, 1 }));
    }

    [TestCase("{}", 1, "data")]
    [TestCase("[]", 0, "header")]
    [TestCase(" {}", 0, "header")]
    [TestCase("{\"x\":" + Entry + "}", 3, "data")]
    [TestCase("{\"x\":" + Entry + "}", 1, "data")]
    [TestCase("{\"x\":" + Entry, 2, "header")]
    [TestCase("{\"x\":" + Entry + "}x", 2, "header")]
    [TestCase("{\"x\":" + Entry + ",\"x\":" + Entry + "}", 2, "header")]
    [TestCase("{\"x\":" + Entry + ",\"y\":" + Entry + "}", 2, "y")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "x")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", 2, "x")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,2]}}", 2, "x")]
    [TestCase("{\"x\":{\"dtype\":\"Q8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2],\"more\":1}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2.5],\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":2,\"data_offsets\":[0,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1,2]}}", 2, "header")]
    [TestCase("{\"x\":{\"dtype\":\"I64\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,2]}}", 2, "x")]
    [TestCase("{\"x\":5}", 0, "header")]
    [TestCase("{\"__metadata__\":5}", 0, "header")]
    [TestCase("{\"__metadata__\":{\"a\":5}}", 0, "header")]
    [TestCase("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "header")]
    [TestCase("{\"\\ud800\":" + Entry + "}", 2, "header")]
    public void RejectsBadHeaders(string header, int dataBytes, string field)
    {
        ValidationResult result = Decode(header, dataBytes, out SafetensorFile? file);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field), result.ToString());
            Assert.That(file, Is.Null);
        });
    }

    [Test]
    public void RejectsBadLengths()
    {
        byte[] bytes = Build("{}", 0);
        Assert.Multiple(() =>
        {
            Assert.That(Decode([1, 2, 3]).IsValid, Is.False);
            Assert.That(Decode([255, 255, 255, 255, 255, 255, 255, 255]).IsValid, Is.False);
            Assert.That(Decode([3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']).IsValid, Is.False);
            Assert.That(Decode(bytes).IsValid, Is.True);
            Assert.That(Decode(bytes, new() { MaxHeaderBytes = 1 }).IsValid, Is.False);
            Assert.That(Decode(Build("{\"x\":" + Entry + "}", 2), new() { MaxTensors = 0 }).IsValid, Is.False);
            Assert.That(Decode(Build("{\"x\":" + Entry + "}", 2), new() { MaxRank = 0 }).IsValid, Is.False);
        });
    }

    [Test]
    public void SurvivesMutations()
    {
        Random random = new(4);
        byte[] original = new SafetensorFile(
            new StateDict([Pair("b", StateTensor.FromUInt8([0, 0], 2)), Pair("a", StateTensor.FromFloat32([0, 0], 1, 2))]),
            new Dictionary<string, string> { ["k"] = "v" }).Encode();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            byte[] cut = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            Assert.That(() => Decode(cut), Throws.Nothing);
        }
    }

    [Test]
    public void TheConstructorRefusesTheReservedName() => Assert.That(
        () => new SafetensorFile(new StateDict([Pair("__metadata__", StateTensor.FromUInt8([1], 1))]), new Dictionary<string, string>()),
        Throws.ArgumentException);

    [Test]
    public void TensorsArePartsOfTheFile()
    {
        byte[] bytes = Build("{\"x\":" + Entry + "}", 2);
        SafetensorFile.TryDecode(bytes, SafetensorLimits.Default, out SafetensorFile? file);
        bytes[^1] = 77;
        Assert.That(file!.Tensors["x"].Data.ToArray(), Is.EqualTo(new byte[] { 0, 77 }));
    }

    [Test]
    public void ManySmallNamesDoNotMakeTheReaderAllocateMoreThanItMay()
    {
        string header = "{" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"{i}\":{Entry.Replace("2]", "0]", StringComparison.Ordinal)}")) + "}";
        byte[] bytes = Build(header, 0);
        Decode(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValidationResult result = Decode(bytes);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan((2 * bytes.Length) + SafetensorLimits.Default.AllocationSlackBytes));
        Assert.That(result.Message, Does.Contain("memory"));
    }

    [Test]
    public void FilesAreWrittenAndRead()
    {
        using TestFolder folder = new();
        string path = Path.Combine(folder.Path, "model.safetensors");
        SafetensorFile file = new(new StateDict([Pair("a", StateTensor.FromInt32([1, -2], 2))]), new Dictionary<string, string>());
        file.WriteFile(path);
        file.WriteFile(path);
        ValidationResult result = SafetensorFile.TryReadFile(path, SafetensorLimits.Default, out SafetensorFile? read);
        ValidationResult missing = SafetensorFile.TryReadFile(path + "x", SafetensorLimits.Default, out _);
        ValidationResult large = SafetensorFile.TryReadFile(path, new() { MaxFileBytes = 10 }, out _);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsValid, result.ToString());
            Assert.That(read!.Tensors["a"].ToInt32(), Is.EqualTo(new[] { 1, -2 }));
            Assert.That(Directory.GetFiles(folder.Path), Is.EqualTo(new[] { path }));
            Assert.That(missing.Field, Is.EqualTo("model.safetensorsx"));
            Assert.That(large.Code, Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    private static KeyValuePair<string, StateTensor> Pair(string name, StateTensor tensor) => new(name, tensor);

    private static int SizeOf(StateTensorType type) => type switch
    {
        StateTensorType.Bool or StateTensorType.UInt8 or StateTensorType.Int8 => 1,
        StateTensorType.Int16 or StateTensorType.UInt16 or StateTensorType.Float16 or StateTensorType.BFloat16 => 2,
        StateTensorType.Int32 or StateTensorType.UInt32 or StateTensorType.Float32 => 4,
        _ => 8,
    };

    private static byte[] Build(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        for (int i = 0; i < dataBytes; i++)
        {
            bytes[8 + json.Length + i] = (byte)i;
        }

        return bytes;
    }

    private static ValidationResult Decode(string header, int dataBytes, out SafetensorFile? file) =>
        SafetensorFile.TryDecode(Build(header, dataBytes), SafetensorLimits.Default, out file);

    private static ValidationResult Decode(byte[] bytes, SafetensorLimits? limits = null) =>
        SafetensorFile.TryDecode(bytes, limits ?? SafetensorLimits.Default, out _);
}
