using System.IO.Compression;
using System.Security.Cryptography;
using PoUW.Compute.Data;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class IdxReaderTests
{
    private static readonly byte[] GoodFile = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    [TestCase("train-images-idx3-ubyte", "ed2e37ed5a3a57d212141a69fe0a0de5a7126ffba14ac3f7e76f5f52cc04b1f0")]
    [TestCase("train-labels-idx1-ubyte", "a69f2dad024ca220a8c4d85f621fdf929042d40c444abde2868903e9220ad517")]
    [TestCase("t10k-images-idx3-ubyte", "862035b0a96959b614c9574f4c2b0ae9584ca234813e8d6d7adb7838b12ca46b")]
    [TestCase("t10k-labels-idx1-ubyte", "aa3f574d30afaf0d4d9da084a6f8541771e20693d6a97fae6e9a4953fca8f078")]
    public void TheSampleFilesAreThoseOfTheReadme(string file, string sha256)
    {
        using GZipStream stream = new(File.OpenRead(SampleData.Path(file + ".gz")), CompressionMode.Decompress);
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(stream)), Is.EqualTo(sha256));
    }

    [Test]
    public void ReadsTheSampleData()
    {
        ValidationResult result = IdxReader.TryReadDataset(
            SampleData.Path("t10k-images-idx3-ubyte.gz"), SampleData.Path("t10k-labels-idx1-ubyte.gz"), DataLimits.Default, out Dataset? data);
        Assert.That(result.IsValid, result.ToString());
        Assert.Multiple(() =>
        {
            Assert.That(data!.Count, Is.EqualTo(2000));
            Assert.That(string.Join("; ", data.Columns), Is.EqualTo("images UInt8 [28, 28, 1]; labels UInt8 [1]"));
            Assert.That(data.Value(0, "labels")[0], Is.EqualTo(9));
            Assert.That(data.Root.ToShortString(), Is.EqualTo("e54dad73"));
            Assert.That(data.ToTensor("images", TensorType.Int8).Int8.ContainsAnyExceptInRange<sbyte>(0, 63), Is.False);
            Assert.That(data.ToTensor("labels", TensorType.UInt8).UInt8.ContainsAnyExceptInRange<byte>(0, 9), Is.False);
        });
    }

    [Test]
    public void FourDimensionsAreImagesInColour()
    {
        using TemporaryFolder folder = new();
        string images = folder.Write("images", [0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);
        string labels = folder.Write("labels", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]);
        ValidationResult result = IdxReader.TryReadDataset(images, labels, DataLimits.Default, out Dataset? data);
        Assert.That(result.IsValid, result.ToString());
        Assert.That(data!.Column("images").Shape, Is.EqualTo(new[] { 1, 1, 3 }));
        Assert.That(data.Record(1).ToArray(), Is.EqualTo(new byte[] { 4, 5, 6, 1 }));
        Assert.That(
            IdxReader.TryReadDataset(images, labels, new DataLimits { MaxRecordBytes = 3 }, out _).Message,
            Is.EqualTo("images: columns: A sample has 4 bytes; the limit is 3."));
    }

    [Test]
    public void IdxParses()
    {
        Assert.That(IdxReader.TryParse(GoodFile, "f", DataLimits.Default, out IdxFile? file).IsValid);
        Assert.That(file!.Dimensions, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(file.Data, Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));
    }

    [TestCase(0, 1, "magic")]
    [TestCase(1, 1, "magic")]
    [TestCase(2, 9, "type")]
    [TestCase(3, 0, "dimensions")]
    [TestCase(3, 5, "dimensions")]
    [TestCase(4, 255, "dimensions")]
    [TestCase(7, 0, "dimensions")]
    [TestCase(7, 3, "data")]
    public void ErrorsNameFileAndField(int offset, byte value, string field)
    {
        byte[] bytes = [.. GoodFile];
        bytes[offset] = value;
        ValidationResult result = IdxReader.TryParse(bytes, "my-file", DataLimits.Default, out IdxFile? file);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field));
            Assert.That(result.Message, Does.StartWith($"my-file: {field}: "));
            Assert.That(file, Is.Null);
        });
    }

    [Test]
    public void SurvivesMutations()
    {
        Random random = new(6);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. GoodFile];
            bytes[random.Next(12)] = (byte)random.Next(256);
            byte[] cut = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            Assert.That(() => IdxReader.TryParse(cut, "f", DataLimits.Default, out _), Throws.Nothing);
        }
    }

    [Test]
    public void PackedFilesSurviveMutations()
    {
        using TemporaryFolder folder = new();
        Random random = new(7);
        byte[] original = TemporaryFolder.Pack(GoodFile);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(2, bytes.Length)] = (byte)random.Next(256);
            string path = folder.Write("fuzz.gz", random.Next(3) == 0 ? bytes[..random.Next(2, bytes.Length)] : bytes);
            ValidationResult result = IdxReader.TryRead(path, DataLimits.Default, out IdxFile? file);
            Assert.That(result.IsValid ? file is not null : result.Message.StartsWith("fuzz.gz: ", StringComparison.Ordinal), Is.True);
        }
    }

    [Test]
    public void FilesThatCannotBeReadAreReported()
    {
        using TemporaryFolder folder = new();
        string broken = folder.Write("broken.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        string plain = folder.Write("plain", GoodFile);
        string bomb = folder.Write("bomb.gz", TemporaryFolder.Pack(new byte[1 << 20]));
        Assert.Multiple(() =>
        {
            Assert.That(
                IdxReader.TryRead(Path.Combine(folder.Path, "missing"), DataLimits.Default, out _).Message,
                Does.StartWith("missing: content: "));
            Assert.That(IdxReader.TryRead(broken, DataLimits.Default, out _).Message, Does.StartWith("broken.gz: "));
            Assert.That(IdxReader.TryRead(plain, new() { MaxBytes = 17 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(
                IdxReader.TryRead(bomb, new() { MaxBytes = 100_000 }, out _).Message, Is.EqualTo("bomb.gz: content: larger than 100000 bytes."));
            Assert.That(IdxReader.TryRead(plain, DataLimits.Default, out _).IsValid, Is.True);
            Assert.That(IdxReader.TryReadDataset(plain, plain, DataLimits.Default, out _).Message, Does.Contain("3 dimensions"));
        });
    }

    [Test]
    public void ImagesAndLabelsMustMatch() =>
        Assert.That(
            IdxReader.TryReadDataset(
                SampleData.Path("t10k-images-idx3-ubyte.gz"), SampleData.Path("train-labels-idx1-ubyte.gz"), DataLimits.Default, out _).Message,
            Is.EqualTo("train-labels-idx1-ubyte.gz: dimensions: there are 2000 images; the labels do not match."));
}
