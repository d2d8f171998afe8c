using System.IO.Compression;
using System.Text;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>Archives that are not as PyTorch writes them.</summary>
[TestFixture]
public sealed class PyTorchArchiveTests
{
    private static readonly byte[] Pickle = new PickleBytes().Tensor("0", 4, 0, [4], [1]).End();
    private static readonly byte[] Good = TestArchive.Create(Pickle, new byte[16]);

    [Test]
    public void TheUnchangedArchiveIsGood() => Assert.That(Read(Good).IsValid);

    [TestCase("data/0", 10, 8u, 2, "data/0", "compressed (method 8)", TestName = "compressed")]
    [TestCase("data/0", 8, 0x801u, 2, "data/0", "encrypted", TestName = "encrypted")]
    [TestCase("data/0", 16, 1u, 4, "data.pkl@94/data/0", "checksum", TestName = "checksum")]
    [TestCase("data.pkl", 16, 1u, 4, "data.pkl", "checksum", TestName = "checksum of the pickle")]
    [TestCase("data/0", 20, 12u, 4, "data/0", "two sizes", TestName = "two sizes")]
    [TestCase("data/0", 20, uint.MaxValue, 8, "data/0", "outside", TestName = "size of ZIP64")]
    [TestCase("data/0", 24, uint.MaxValue, 4, "data/0", "two sizes", TestName = "unfolded size")]
    [TestCase("data/0", 42, 0u, 4, "data/0", "not where", TestName = "place of another entry")]
    [TestCase("data/0", 42, uint.MaxValue, 4, "data/0", "outside", TestName = "place outside")]
    [TestCase("data/0", 34, 1u, 2, "data/0", "outside", TestName = "another disk")]
    [TestCase("data/0", 28, 0u, 2, "zip directory", "no entry", TestName = "no name")]
    [TestCase("data/0", 28, 60000u, 2, "zip directory", "no entry", TestName = "name beyond the directory")]
    [TestCase("data/0", 30, 60000u, 2, "data/0", "two entries", TestName = "extra field beyond the directory")]
    [TestCase("data/0", 0, 0u, 4, "zip directory", "no entry", TestName = "signature")]
    public void ABadRecordOfTheDirectoryIsRefused(string entry, int field, uint value, int bytes, string expected, string message) =>
        AssertRefused(TestArchive.Patch(Good, entry, field, value, bytes), expected, message);

    [TestCase(0, 0u, 4, "not where", TestName = "local signature")]
    [TestCase(8, 8u, 2, "not where", TestName = "local method")]
    [TestCase(18, 15u, 4, "not that of", TestName = "local size")]
    [TestCase(26, 5u, 2, "not where", TestName = "local length of the name")]
    [TestCase(28, 60000u, 2, "not where", TestName = "local extra field")]
    [TestCase(30, 'x', 1, "not where", TestName = "local name")]
    public void ABadHeaderOfAnEntryIsRefused(int field, uint value, int bytes, string message) =>
        AssertRefused(TestArchive.PatchLocal(Good, "data/0", field, value, bytes), "data/0", message);

    [Test]
    public void OverlappingEntriesAreRefused()
    {
        // The second entry lies within the data of the first: a quine or a bomb of many files in one.
        byte[] inner = TestArchive.Create(("b", new byte[8]));
        byte[] outer = TestArchive.Create(("data.pkl", [.. inner]), ("b", new byte[8]));
        int innerAt = outer.AsSpan().IndexOf("PK\u0003\u0004"u8) + outer.AsSpan()[1..].IndexOf("PK\u0003\u0004"u8) + 1;
        byte[] bytes = TestArchive.Patch(outer, "b", 42, (uint)innerAt, 4);
        AssertRefused(bytes, "zip directory", "overlap");
    }

    [Test]
    public void AnEntryTwiceIsRefused() => AssertRefused(TestArchive.Create(("data.pkl", Pickle), ("data.pkl", Pickle)), "data.pkl", "two entries");

    [TestCase("../x")]
    [TestCase("a\\b")]
    [TestCase("a/../../b")]
    [TestCase("a\0b")]
    public void APathIsRefused(string name) => AssertRefused(TestArchive.Create(("data.pkl", Pickle), (name, [])), "zip directory", "no path");

    [Test]
    public void EntriesOfTwoFoldersAreRefused()
    {
        byte[] bytes = TestArchive.Create(("data.pkl", Pickle), ("version", "3"u8.ToArray()));
        bytes[TestArchive.CentralOf(bytes, "version") + 46] = (byte)'b';
        AssertRefused(bytes, "zip directory", "no path");
    }

    [Test]
    public void AnArchiveWithoutAPickleIsRefused() => AssertRefused(TestArchive.Create(("data/0", Pickle)), "data.pkl", "no such entry");

    [TestCase("constants.pkl")]
    [TestCase("code/__torch__.py")]
    public void TorchScriptIsRefused(string name) => AssertRefused(TestArchive.Create(("data.pkl", Pickle), (name, [])), "code", "TorchScript");

    [Test]
    public void BigEndianIsRefused()
    {
        AssertRefused(TestArchive.Create(("data.pkl", Pickle), ("data/0", new byte[16]), ("byteorder", "big"u8.ToArray())), "byteorder", "big-endian");
        Assert.That(Read(TestArchive.Create(("data.pkl", Pickle), ("data/0", new byte[16]), ("byteorder", "little"u8.ToArray()))).IsValid);
    }

    [TestCase(-22, 0u, 4, TestName = "end: signature")]
    [TestCase(-18, 1u, 2, TestName = "end: disk")]
    [TestCase(-14, 7u, 2, TestName = "end: entries here")]
    [TestCase(-12, 3u, 2, TestName = "end: entries")]
    [TestCase(-10, 1u, 4, TestName = "end: size")]
    [TestCase(-6, 1u, 4, TestName = "end: offset")]
    [TestCase(-2, 1u, 2, TestName = "end: comment")]
    [TestCase(-34, 0u, 4, TestName = "ZIP64: place of the record")]
    [TestCase(-98, 0u, 4, TestName = "ZIP64: signature")]
    [TestCase(-66, uint.MaxValue, 8, TestName = "ZIP64: entries")]
    [TestCase(-58, uint.MaxValue, 4, TestName = "ZIP64: size")]
    [TestCase(-46, uint.MaxValue, 4, TestName = "ZIP64: offset")]
    public void ABadEndRecordIsRefused(int fromEnd, uint value, int bytes)
    {
        byte[] archive = [.. Good];
        TestArchive.Write(archive, archive.Length + fromEnd, value, bytes);
        AssertRefused(archive, "zip directory", "");
    }

    [Test]
    public void SaturatedCountsNeedZip64()
    {
        byte[] archive = [.. Good];
        TestArchive.Write(archive, archive.Length - 14, uint.MaxValue, 4);
        TestArchive.Write(archive, archive.Length - 10, uint.MaxValue, 4);
        TestArchive.Write(archive, archive.Length - 6, uint.MaxValue, 4);
        Assert.That(Read(archive).IsValid, "All is in the record of ZIP64.");
        AssertRefused([.. archive[..^98], .. archive[^22..]], "zip directory", "");
        Assert.That(Read([.. Good[..^98], .. Good[^22..]]).IsValid, "Without ZIP64, as Python's zipfile writes.");
    }

    [Test]
    public void ACutOrLongerFileIsRefused()
    {
        for (int length = 0; length < Good.Length; length++)
        {
            Assert.That(Read(Good[..length]).IsValid, Is.False, $"{length} bytes");
        }

        Assert.That(Read([.. Good, 0]).IsValid, Is.False);
    }

    [Test]
    public void AnArchiveOfAnotherProgramIsReadIfItIsStored()
    {
        AssertRefused(Zip(CompressionLevel.Optimal), "data.pkl", "compressed");
        Assert.That(Read(Zip(CompressionLevel.NoCompression)).IsValid);
    }

    [Test]
    public void OtherFilesAreRefused()
    {
        AssertRefused([], "magic", "neither");
        AssertRefused(Encoding.ASCII.GetBytes("PK"), "magic", "neither");
        AssertRefused(new byte[1000], "magic", "neither");
        Assert.That(PyTorchFile.TryReadFile("no-such-file.pt", PyTorchLimits.Default, out _).Field, Is.EqualTo("no-such-file.pt"));
    }

    [Test]
    public void LegacyFilesAreCheckedToTheLastByte()
    {
        byte[] file = Goldens.Read("dtypes_legacy.pt");
        Assert.That(Read(file).IsValid);
        for (int length = 0; length < file.Length; length++)
        {
            Assert.That(Read(file[..length]).IsValid, Is.False, $"{length} bytes");
        }

        AssertRefused([.. file, 1], "data", "1 bytes follow");
    }

    [TestCase("little_endian", 13, (byte)0x89, "system", TestName = "legacy: big-endian")]
    [TestCase("\u0080\u0002M\u00E9", 3, (byte)0xE8, "version", TestName = "legacy: version")]
    public void ALegacyHeaderIsChecked(string before, int offset, byte value, string field)
    {
        byte[] file = Goldens.Read("dtypes_legacy.pt");
        int at = file.AsSpan().IndexOf(Encoding.Latin1.GetBytes(before)) + offset;
        at += before == "little_endian" && file[at] == (byte)'q' ? 2 : 0;
        file[at] = value;
        AssertRefused(file, field, "");
    }

    private static byte[] Zip(CompressionLevel level)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in new[] { ("m/data.pkl", Pickle), ("m/data/0", new byte[16]) })
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static ValidationResult Read(byte[] file) => PyTorchFile.TryRead(file, PyTorchLimits.Default, out _);

    private static void AssertRefused(byte[] file, string field, string message)
    {
        ValidationResult result = PyTorchFile.TryRead(file, PyTorchLimits.Default, out PyTorchValue? root);
        Assert.Multiple(() =>
        {
            Assert.That(result.Field, Is.EqualTo(field), result.ToString());
            Assert.That(result.Message, Does.Contain(message));
            Assert.That(root, Is.Null);
        });
    }
}
