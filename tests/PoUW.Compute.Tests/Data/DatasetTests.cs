using System.IO.Compression;
using System.Security.Cryptography;
using PoUW.Compute.Data;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class DatasetTests
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
        ImageClassificationDataset data = ReadTestSet();
        Assert.Multiple(() =>
        {
            Assert.That((data.Count, data.Rows, data.Columns, data.Pixels), Is.EqualTo((2000, 28, 28, 784)));
            Assert.That(data.Label(0), Is.EqualTo(9));
            Assert.That(data.Root.ToShortString(), Is.EqualTo("e54dad73"));
            Assert.That(data.ToImageTensor().Int8.ContainsAnyExceptInRange<sbyte>(0, 63), Is.False);
            Assert.That(data.ToLabelTensor().UInt8.ContainsAnyExceptInRange<byte>(0, 9), Is.False);
        });
    }

    [Test]
    public void TensorsHoldTheRecords()
    {
        ImageClassificationDataset data = new(1, 2, [0, 255, 7, 8], [3, 1]);
        Assert.Multiple(() =>
        {
            Assert.That(data.ToImageTensor().Int8.ToArray(), Is.EqualTo(new sbyte[] { 0, 63, 1, 2 }));
            Assert.That(data.ToLabelTensor().UInt8.ToArray(), Is.EqualTo(new byte[] { 3, 1 }));
            Assert.That(data.Record(1).ToArray(), Is.EqualTo(new byte[] { 7, 8, 1 }));
        });
    }

    [Test]
    public void RootCoversEveryByte()
    {
        ImageClassificationDataset Create(byte pixel, byte label) => new(1, 2, [1, 2, pixel, 4], [0, label]);
        Assert.That(
            new[] { Create(3, 1).Root, Create(5, 1).Root, Create(3, 2).Root, Create(3, 1).Take(1).Root }.Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void EncodingRoundTrips()
    {
        ImageClassificationDataset data = SyntheticImages.Create(3, 7, 4, seed: 2);
        Assert.That(ImageClassificationDataset.TryDecode(data.Encode(), DataLimits.Default, out ImageClassificationDataset? decoded).IsValid);
        Assert.Multiple(() =>
        {
            Assert.That(decoded!.Root, Is.EqualTo(data.Root));
            Assert.That(decoded.Encode(), Is.EqualTo(data.Encode()));
        });
    }

    [Test]
    public void DecodingSurvivesMutations()
    {
        Random random = new(5);
        byte[] original = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(20)] = (byte)random.Next(256);
            byte[] cut = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (ImageClassificationDataset.TryDecode(cut, DataLimits.Default, out ImageClassificationDataset? decoded).IsValid)
            {
                Assert.That(decoded!.Encode(), Is.EqualTo(cut));
            }
        }
    }

    [TestCase(0, "magic")]
    [TestCase(4, "count")]
    [TestCase(8, "dimensions")]
    [TestCase(12, "dimensions")]
    public void DecodingNamesTheBadField(int offset, string field)
    {
        byte[] bytes = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        bytes.AsSpan(offset, 4).Clear();
        Assert.That(ImageClassificationDataset.TryDecode(bytes, DataLimits.Default, out _).Field, Is.EqualTo(field));
    }

    [Test]
    public void DecodingHonoursTheLimits()
    {
        byte[] bytes = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        Assert.Multiple(() =>
        {
            Assert.That(Decode(bytes, new() { MaxSamples = 3 }).Field, Is.EqualTo("count"));
            Assert.That(Decode(bytes, new() { MaxPixels = 3 }).Field, Is.EqualTo("dimensions"));
            Assert.That(Decode(bytes, new() { MaxBytes = 19 }).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(Decode([.. bytes, 0], DataLimits.Default).Field, Is.EqualTo("records"));
            Assert.That(Decode(bytes[..^1], DataLimits.Default).Field, Is.EqualTo("records"));
            Assert.That(Decode([], DataLimits.Default).Field, Is.EqualTo("magic"));
        });
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
    public void IdxErrorsNameFileAndField(int offset, byte value, string field)
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
    public void IdxSurvivesMutations()
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
    public void FilesThatCannotBeReadAreReported()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string broken = Path.Combine(folder, "broken.gz");
            File.WriteAllBytes(broken, [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
            string plain = Path.Combine(folder, "plain");
            File.WriteAllBytes(plain, GoodFile);
            Assert.Multiple(() =>
            {
                Assert.That(
                    IdxReader.TryRead(Path.Combine(folder, "missing"), DataLimits.Default, out _).Message,
                    Does.StartWith("missing: content: "));
                Assert.That(IdxReader.TryRead(broken, DataLimits.Default, out _).Message, Does.StartWith("broken.gz: "));
                Assert.That(IdxReader.TryRead(plain, new() { MaxBytes = 17 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
                Assert.That(IdxReader.TryRead(plain, DataLimits.Default, out _).IsValid, Is.True);
                Assert.That(IdxReader.TryReadDataset(plain, plain, DataLimits.Default, out _).Message, Does.Contain("3 dimensions"));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void ImagesAndLabelsMustMatch() =>
        Assert.That(
            IdxReader.TryReadDataset(
                SampleData.Path("t10k-images-idx3-ubyte.gz"), SampleData.Path("train-labels-idx1-ubyte.gz"), DataLimits.Default, out _).Message,
            Is.EqualTo("train-labels-idx1-ubyte.gz: dimensions: there are 2000 images; the labels do not match."));

    [Test]
    public void SyntheticImagesArePinnedAndContinue()
    {
        ImageClassificationDataset whole = SyntheticImages.Create(4, 10, 5, seed: 9);
        ImageClassificationDataset rest = SyntheticImages.Create(4, 4, 5, seed: 9, firstSample: 6);
        Assert.Multiple(() =>
        {
            Assert.That(whole.Record(6).ToArray(), Is.EqualTo(rest.Record(0).ToArray()));
            Assert.That(whole.Root.ToShortString(), Is.EqualTo("6ccb7c7e"));
            Assert.That(SyntheticImages.Create(4, 10, 5, seed: 10).Root, Is.Not.EqualTo(whole.Root));
        });
    }

    private static ValidationResult Decode(byte[] bytes, DataLimits limits) => ImageClassificationDataset.TryDecode(bytes, limits, out _);

    private static ImageClassificationDataset ReadTestSet()
    {
        ValidationResult result = IdxReader.TryReadDataset(
            SampleData.Path("t10k-images-idx3-ubyte.gz"), SampleData.Path("t10k-labels-idx1-ubyte.gz"), DataLimits.Default,
            out ImageClassificationDataset? data);
        Assert.That(result.IsValid, result.ToString());
        return data!;
    }
}
