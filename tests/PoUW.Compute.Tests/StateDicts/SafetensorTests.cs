using System.Buffers.Binary;
using System.Text;
using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tests.Compilation;
using PoUW.Core.Validation;
using PoUW.Vm.Execution;

namespace PoUW.Compute.Tests.StateDicts;

[TestFixture]
public sealed class SafetensorTests
{
    private const string Entry = "{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}";

    [Test]
    public void RoundTripsEveryType()
    {
        SafetensorEntry[] tensors =
        [
            .. Enum.GetValues<SafetensorType>().Select((t, i) => new SafetensorEntry($"t{i}", t, [2, 3], new byte[6 * SizeOf(t)])),
            new("scalar", SafetensorType.Float32, [], new byte[4]),
            new("empty", SafetensorType.Int64, [3, 0], ReadOnlyMemory<byte>.Empty),
            new("\"quoted\" \u00e9\n", SafetensorType.Int8, [1], new byte[] { 255 }),
        ];
        byte[] bytes = new SafetensorFile(tensors, new Dictionary<string, string> { ["format"] = "pt" }).Encode();
        ValidationResult result = SafetensorFile.TryDecode(bytes, SafetensorLimits.Default, out SafetensorFile? file);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsValid, result.ToString());
            Assert.That(file!.Encode(), Is.EqualTo(bytes));
            Assert.That(file.Tensors, Has.Count.EqualTo(tensors.Length));
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8, Is.Zero);
        });
    }

    [Test]
    public void WritesTheFormatToTheByte()
    {
        SafetensorFile file = new(
            [new("b", SafetensorType.UInt8, [2], new byte[] { 1, 2 }), new("a", SafetensorType.Float32, [1], new byte[] { 3, 4, 5, 6 })],
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
        Assert.That(file!.Find("x")!.Data.ToArray(), Is.EqualTo(new byte[] { 0, 1 }));
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
            [new("b", SafetensorType.UInt8, [2], new byte[2]), new("a", SafetensorType.Float32, [1, 2], new byte[8])],
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
    public void TheConstructorRefusesWhatCannotBeWritten()
    {
        SafetensorEntry good = new("a", SafetensorType.UInt8, [1], new byte[1]);
        Dictionary<string, string> none = [];
        Assert.Multiple(() =>
        {
            Assert.That(() => new SafetensorFile([good, good], none), Throws.ArgumentException);
            Assert.That(() => new SafetensorFile([good with { Name = "__metadata__" }], none), Throws.ArgumentException);
            Assert.That(() => new SafetensorFile([good with { Shape = [2] }], none), Throws.ArgumentException);
        });
    }

    [Test]
    public void ExportedModelComputesWhatTheMastersSay()
    {
        using CpuBackend backend = new();
        Machine machine = TestTraining.Create(TestTraining.Small, SyntheticImages.Create(10, 40, 8, seed: 5), backend);
        TestTraining.Run(machine, "init", 4);
        SafetensorFile file = ModelExport.Create(TestTraining.Small, machine.State, new Dictionary<string, string> { ["job"] = "abc" });
        SafetensorEntry weight = file.Find("fc1.weight")!;
        ReadOnlySpan<int> master = machine.Slot("fc1.weight").Int32;
        float value = BinaryPrimitives.ReadSingleLittleEndian(weight.Data.Span[(((3 * 64) + 5) * 4)..]);
        float expected = master[(5 * 24) + 3] / (float)(1 << 26);
        Assert.Multiple(() =>
        {
            Assert.That(weight.Shape, Is.EqualTo(new long[] { 24, 64 }));
            Assert.That(value, Is.EqualTo(expected).And.Not.Zero);
            Assert.That(file.Find("fc1.weight.master")!.Data.Length, Is.EqualTo(24 * 64 * 4));
            Assert.That(BinaryPrimitives.ReadInt32LittleEndian(file.Find("fc3.weight.exp")!.Data.Span), Is.EqualTo(-7));
            Assert.That(file.Metadata["job"], Is.EqualTo("abc"));
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(
                () => ModelExport.Create(new MlpSpec([9, 2], 1, []), machine.State, new Dictionary<string, string>()), Throws.ArgumentException);
        });
    }

    private static int SizeOf(SafetensorType type) => type switch
    {
        SafetensorType.Bool or SafetensorType.UInt8 or SafetensorType.Int8 => 1,
        SafetensorType.Int16 or SafetensorType.UInt16 or SafetensorType.Float16 or SafetensorType.BFloat16 => 2,
        SafetensorType.Int32 or SafetensorType.UInt32 or SafetensorType.Float32 => 4,
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
