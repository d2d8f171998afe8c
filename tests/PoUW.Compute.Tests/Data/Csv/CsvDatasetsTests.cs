using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PoUW.Compute.Data;
using PoUW.Compute.Data.Csv;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data.Csv;

[TestFixture]
public sealed class CsvDatasetsTests
{
    private static readonly CsvOptions Plain = new() { HasHeader = false, Target = CsvTarget.None };

    [Test]
    public void AClassificationFileHasFeaturesAndSortedClasses()
    {
        CsvDataset read = Read("a,b,kind\r\n1,2.5,setosa\r\n-3e2,4,Virginica\n5,6,\"se\"\"to\nsa\"\n7,8,setosa", CsvOptions.Default);
        Assert.Multiple(() =>
        {
            Assert.That(string.Join("; ", read.Data.Columns), Is.EqualTo("features Float32 [2]; labels UInt8 [1]"));
            Assert.That(Floats(read.Data, "features"), Is.EqualTo(new float[] { 1, 2.5f, -300, 4, 5, 6, 7, 8 }));
            Assert.That(read.Classes, Is.EqualTo(new[] { "Virginica", "se\"to\nsa", "setosa" }));
            Assert.That(read.Data.ToTensor("labels", TensorType.UInt8).UInt8.ToArray(), Is.EqualTo(new byte[] { 2, 0, 1, 2 }));
            Assert.That(read.FeatureNames, Is.EqualTo(new[] { "a", "b" }));
        });
    }

    [Test]
    public void ATestSetTakesTheClassesOfItsTrainingSet()
    {
        CsvOptions options = Plain with { Target = CsvTarget.Class, Classes = ["z", "a", "m"] };
        Assert.That(Read("1,a\n2,z\n", options).Data.ToTensor("labels", TensorType.Int32).Int32.ToArray(), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(Refuse("1,a\n2,x\n", options).Message, Is.EqualTo("f.csv: line 2, column '1': 'x' is none of the classes that are given."));
        Assert.That(Refuse("1,a\n", options with { Classes = ["a", "a"] }).Message, Does.Contain("'a' is given twice"));
    }

    [Test]
    public void ManyClassesNeedFourBytes()
    {
        string Rows(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"0,c{i:D5}\n"));
        CsvOptions options = Plain with { Target = CsvTarget.Class };
        Assert.That(Read(Rows(256), options).Data.Column("labels").Type, Is.EqualTo(TensorType.UInt8));
        Dataset many = Read(Rows(300), options).Data;
        Assert.That(many.ToTensor("labels", TensorType.Int32).Int32.ToArray(), Is.EqualTo(Enumerable.Range(0, 300)));
        Assert.That(Refuse(Rows(9), options, new DataLimits { MaxClasses = 8 }).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void ARegressionFileHasTargets()
    {
        CsvOptions options = new() { Separator = ';', Target = CsvTarget.Number, TargetName = "y", Ignored = ["id"] };
        CsvDataset read = Read("id;y;x1;x2\nfirst;0.5;1;2\nsecond;-1;3;4\n", options);
        Assert.Multiple(() =>
        {
            Assert.That(string.Join("; ", read.Data.Columns), Is.EqualTo("features Float32 [2]; targets Float32 [1]"));
            Assert.That(Floats(read.Data, "targets"), Is.EqualTo(new[] { 0.5f, -1f }));
            Assert.That(read.FeatureNames, Is.EqualTo(new[] { "x1", "x2" }));
            Assert.That(read.Classes, Is.Empty);
        });
    }

    [TestCase("1.000000059604644775390625", 1f, TestName = "A tie rounds to even")]
    [TestCase("1.00000005960464477539062500000000001", 1.00000012f, TestName = "A decimal just above a tie rounds up, not twice")]
    [TestCase("1e-45", float.Epsilon, TestName = "The smallest subnormal")]
    [TestCase("3.4028235e38", float.MaxValue, TestName = "The largest number")]
    [TestCase(" 7 ", 7f, TestName = "White space around a number")]
    [TestCase("\"8\"", 8f, TestName = "A quoted number")]
    public void NumbersAreRoundedCorrectly(string text, float expected) =>
        Assert.That(Floats(Read(text + "\n", Plain).Data, "features"), Is.EqualTo(new[] { expected }));

    [Test]
    public void EveryNumberComesBackWhateverTheCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } };
            Random random = new(3);
            float[] numbers = [.. Enumerable.Range(0, 5_000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).Where(float.IsFinite)];
            string text = string.Concat(numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture) + "\n"));
            Assert.That(Floats(Read(text, Plain).Data, "features"), Is.EqualTo(numbers));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestCase("a,b\n1,2\n3,x\n", "line 3, column 'b': 'x' is no finite number that fp32 can hold.")]
    [TestCase("a,b\n1,2\n\n\"3\n\",NaN\n", "line 4, column 'b': 'NaN' is no finite")]
    [TestCase("a,b\n1,Infinity\n", "line 2, column 'b'")]
    [TestCase("a,b\n1,1e39\n", "line 2, column 'b': '1e39' is no finite")]
    [TestCase("a,b\n1,\n", "line 2, column 'b': '' is missing.")]
    [TestCase("a,b\n1,2\n3\n", "(line 3) has 1 fields but 2 were expected")]
    [TestCase("a,b\n1,2,3\n", "(line 2) has 3 fields")]
    [TestCase("a,b\n1,\"2\n3,4\n", "(line 2): a quoted field that is never closed")]
    [TestCase("a,b\n1,2\"\n", "(line 2): a quote inside an unquoted field")]
    [TestCase("a,b\n1,\"2\"3\n", "(line 2): text after the closing quote")]
    [TestCase("a,a\n1,2\n", "line 1, header: the name 'a' is used twice.")]
    [TestCase("a,b\n", "content: there is no sample.")]
    [TestCase("", "content: there is no sample.")]
    public void ErrorsNameFileLineAndColumn(string text, string message)
    {
        ValidationResult result = Refuse(text, CsvOptions.Default with { Target = CsvTarget.None });
        Assert.That(result.Message, Does.StartWith("f.csv: ").And.Contains(message));
    }

    [Test]
    public void MissingNumbersMayBeFilled()
    {
        CsvOptions options = new() { HasHeader = false, Target = CsvTarget.Number, MissingMarks = ["?", "", "-999"], FillMissing = 0.25f };
        Assert.That(Floats(Read("?,1\n,2\n-999,3\n4,5\n", options).Data, "features"), Is.EqualTo(new[] { 0.25f, 0.25f, 0.25f, 4 }));
        Assert.That(Refuse("1,?\n", options).Message, Is.EqualTo("f.csv: line 1, column '1': '?' is missing."), "targets are never filled");
        Assert.That(Refuse("NA,1\n", options).Message, Does.Contain("'NA' is no finite number"));
        Assert.That(Refuse("-999,1\n", options with { FillMissing = null }).Message, Does.Contain("'-999' is missing"));
    }

    [Test]
    public void OptionsThatDoNotFitAreRefused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Refuse("a,b\n1,2\n", CsvOptions.Default with { TargetName = "c" }).Message, Does.Contain("no column 'c'"));
            Assert.That(Refuse("a,b\n1,2\n", CsvOptions.Default with { Ignored = ["c"] }).Message, Does.Contain("no column 'c'"));
            Assert.That(Refuse("a,b\n1,2\n", CsvOptions.Default with { Ignored = ["a"] }).Message, Does.Contain("no column of features"));
            Assert.That(Refuse("a,b,c\n1,2,3\n", CsvOptions.Default with { Ignored = ["c"] }).Message, Does.Contain("the target 'c' is ignored"));
            Assert.That(Refuse("a\n1\n", CsvOptions.Default with { Separator = '"' }).Field, Is.EqualTo("Separator"));
            Assert.That(Refuse("a\n1\n", CsvOptions.Default with { Separator = '\u20AC' }).Field, Is.EqualTo("Separator"));
        });
    }

    [Test]
    public void LimitsAreHonoured()
    {
        string text = string.Concat(Enumerable.Repeat("1,2,3\n", 100));
        Assert.Multiple(() =>
        {
            Assert.That(Refuse(text, Plain, new DataLimits { MaxSamples = 99 }).Message, Is.EqualTo("f.csv: line 100: there are more than 99 samples."));
            Assert.That(Refuse(text, Plain, new DataLimits { MaxBytes = 1199 }).Message, Does.Contain("line 100"));
            Assert.That(Refuse(text, Plain, new DataLimits { MaxRecordBytes = 11 }).Message, Is.EqualTo("f.csv: line 1: A sample has 12 bytes; the limit is 11."));
            Assert.That(
                Refuse("1,2\n\"" + new string('x', 1 << 20), Plain, new DataLimits { MaxLineBytes = 1 << 16 }).Message, Does.Contain("65536 bytes"));
        });
    }

    [Test]
    public void FilesMayBePackedAndMustBeText()
    {
        using TemporaryFolder folder = new();
        byte[] text = Encoding.UTF8.GetBytes("\uFEFFa,b\n1,x\n");
        string packed = folder.Write("t.csv.gz", TemporaryFolder.Pack(text));
        Assert.That(CsvDatasets.TryRead(packed, CsvOptions.Default, DataLimits.Default, out CsvDataset? read).IsValid, Is.True);
        Assert.That(read!.FeatureNames, Is.EqualTo(new[] { "a" }), "the byte order mark is no part of the name");
        string broken = folder.Write("b.csv.gz", TemporaryFolder.Pack(text)[..^12]);
        Assert.That(CsvDatasets.TryRead(broken, CsvOptions.Default, DataLimits.Default, out _).IsValid, Is.False);
        string latin = folder.Write("l.csv", [.. "a,b\n1,"u8, 0xE9, (byte)'\n']);
        Assert.That(
            CsvDatasets.TryRead(latin, CsvOptions.Default, DataLimits.Default, out _).Message, Does.StartWith("l.csv: line 2, column 'b': ").And.Contains("UTF-8"));
        Assert.That(
            CsvDatasets.TryRead(packed, CsvOptions.Default, new DataLimits { MaxBytes = 5 }, out _).Message,
            Is.EqualTo("t.csv.gz: content: larger than 5 bytes."));
        Assert.That(
            CsvDatasets.TryRead(Path.Combine(folder.Path, "none"), CsvOptions.Default, DataLimits.Default, out _).Message, Does.StartWith("none: content: "));
    }

    /// <summary>What is written by the rules of RFC 4180 is read again, whatever the fields hold.</summary>
    [Test]
    public void EveryTextIsAClass()
    {
        const string Alphabet = "ab,\"\r\n;\t \u00E9\u20AC#";
        Random random = new(11);
        for (int round = 0; round < 300; round++)
        {
            string[] names = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Alphabet[random.Next(Alphabet.Length)])))];
            string text = string.Concat(names.Select((name, i) => $"{i},\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"{(random.Next(2) == 0 ? "\n" : "\r\n")}"));
            CsvDataset read = Read(text, Plain with { Target = CsvTarget.Class });
            Assert.That(read.Classes, Is.EqualTo(names.Distinct().Order(StringComparer.Ordinal)));
            Assert.That(Enumerable.Range(0, names.Length).Select(i => read.Classes[read.Data.Value(i, "labels")[0]]), Is.EqualTo(names));
        }
    }

    [Test]
    public void ReadingSurvivesMutations()
    {
        byte[] original = Encoding.UTF8.GetBytes("a,b,kind\r\n1,2.5,\"x\"\r\n-3e2,4,\"\u20AC\"\n5,6,z\n");
        Random random = new(12);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] bytes = [.. original];
            for (int change = random.Next(4); change >= 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : original[random.Next(original.Length)];
            }

            using MemoryStream stream = new(bytes, 0, random.Next(bytes.Length) + 1);
            ValidationResult result = CsvDatasets.TryRead(stream, "f.csv", CsvOptions.Default, DataLimits.Default, out CsvDataset? read);
            Assert.That(result.IsValid ? read is not null : result.Message.StartsWith("f.csv: ", StringComparison.Ordinal) && read is null, Is.True);
        }
    }

    private static CsvDataset Read(string text, CsvOptions options)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        ValidationResult result = CsvDatasets.TryRead(stream, "f.csv", options, DataLimits.Default, out CsvDataset? dataset);
        Assert.That(result.IsValid, Is.True, result.Message);
        return dataset!;
    }

    private static ValidationResult Refuse(string text, CsvOptions options, DataLimits? limits = null)
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(text));
        ValidationResult result = CsvDatasets.TryRead(stream, "f.csv", options, limits ?? DataLimits.Default, out CsvDataset? dataset);
        Assert.That((result.IsValid, dataset), Is.EqualTo((false, (CsvDataset?)null)));
        return result;
    }

    private static float[] Floats(Dataset data, string column) =>
        MemoryMarshal.Cast<byte, float>(data.ToTensor(column, TensorType.Float32).Bytes).ToArray();
}
