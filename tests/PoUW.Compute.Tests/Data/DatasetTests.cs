using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class DatasetTests
{
    private const int FirstColumn = 13;

    [Test]
    public void ARecordIsTheColumnsOneAfterTheOther()
    {
        Dataset data = Dataset.FromColumns(
        [
            (new DatasetColumn("a", TensorType.UInt8, [2]), new byte[] { 1, 2, 3, 4 }),
            (new DatasetColumn("b", TensorType.Int32, [1]), new byte[] { 5, 0, 0, 0, 6, 0, 0, 0 }),
        ]);
        Assert.Multiple(() =>
        {
            Assert.That((data.Count, data.RecordBytes), Is.EqualTo((2, 6)));
            Assert.That(data.Record(0).ToArray(), Is.EqualTo(new byte[] { 1, 2, 5, 0, 0, 0 }));
            Assert.That(data.Value(1, "a").ToArray(), Is.EqualTo(new byte[] { 3, 4 }));
            Assert.That(data.Value(1, "b").ToArray(), Is.EqualTo(new byte[] { 6, 0, 0, 0 }));
            Assert.That(data.ToTensor("b", TensorType.Int32).Int32.ToArray(), Is.EqualTo(new[] { 5, 6 }));
            Assert.That(data.Column("a").Width, Is.EqualTo(2));
            Assert.That(data.TryColumn("c", out _), Is.False);
            Assert.That(() => data.Column("c"), Throws.ArgumentException.With.Message.Contains("'a', 'b'"));
            Assert.That(Dataset.FromRecords(data.Columns, data.Records).Root, Is.EqualTo(data.Root));
        });
    }

    [Test]
    public void TensorsAreViewsOfAColumn()
    {
        Dataset data = ImageDatasets.Create(1, 2, 1, new byte[] { 0, 255, 7, 8 }, new byte[] { 3, 1 });
        Tensor images = data.ToTensor("images", TensorType.Int8);
        Assert.Multiple(() =>
        {
            Assert.That((images.Rows, images.Columns), Is.EqualTo((2, 2)));
            Assert.That(images.Int8.ToArray(), Is.EqualTo(new sbyte[] { 0, 63, 1, 2 }));
            Assert.That(data.ToTensor("images", TensorType.UInt8).UInt8.ToArray(), Is.EqualTo(new byte[] { 0, 255, 7, 8 }));
            Assert.That(data.ToTensor("images", TensorType.Int32).Int32.ToArray(), Is.EqualTo(new[] { 0, 255, 7, 8 }));
            Assert.That(data.ToTensor("labels", TensorType.UInt8).UInt8.ToArray(), Is.EqualTo(new byte[] { 3, 1 }));
            Assert.That(data.Record(1).ToArray(), Is.EqualTo(new byte[] { 7, 8, 1 }));
        });
    }

    [TestCase(TensorType.UInt8, TensorType.Float32)]
    [TestCase(TensorType.UInt8, TensorType.Int64)]
    [TestCase(TensorType.Int32, TensorType.Int8)]
    [TestCase(TensorType.Int32, TensorType.UInt8)]
    [TestCase(TensorType.Int32, TensorType.Float32)]
    [TestCase(TensorType.Float32, TensorType.Int32)]
    [TestCase(TensorType.Float32, TensorType.Int8)]
    public void OtherViewsAreRefused(TensorType type, TensorType slot)
    {
        Dataset data = Dataset.FromColumns([(new DatasetColumn("x", type, [1]), new byte[8])]);
        Assert.That(
            () => data.ToTensor("x", slot), Throws.ArgumentException.With.Message.StartsWith($"Column 'x' holds {type}, which has no view as {slot}."));
    }

    [Test]
    public void TheRootIsTheMerkleTreeOverRawRecords()
    {
        Dataset data = ImageDatasets.Create(1, 1, 1, new byte[] { 1, 2, 3 }, new byte[] { 4, 5, 6 });
        Hash256 Leaf(params byte[] record) => Hash256.Sha256([0, .. record]);
        Hash256 Node(Hash256 left, Hash256 right) => Hash256.Sha256([1, .. left.ToArray(), .. right.ToArray()]);
        Assert.That(data.Root, Is.EqualTo(Node(Node(Leaf(1, 4), Leaf(2, 5)), Leaf(3, 6))));
    }

    [Test]
    public void RootCoversEveryByte()
    {
        Dataset Create(byte pixel, byte label) => ImageDatasets.Create(1, 2, 1, new byte[] { 1, 2, pixel, 4 }, new byte[] { 0, label });
        Assert.That(
            new[] { Create(3, 1).Root, Create(5, 1).Root, Create(3, 2).Root, Create(3, 1).Take(1).Root }.Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void PartsAreSetsOfTheirOwn()
    {
        Dataset data = SyntheticImages.Create(3, 7, 4, seed: 2);
        Assert.Multiple(() =>
        {
            Assert.That(data.Take(99).Count, Is.EqualTo(7));
            Assert.That(data.Skip(5).Record(1).ToArray(), Is.EqualTo(data.Record(6).ToArray()));
            Assert.That(data.Slice(2, 3).Skip(1).Take(1).Record(0).ToArray(), Is.EqualTo(data.Record(3).ToArray()));
            Assert.That(data.Slice(2, 3).Root, Is.EqualTo(Dataset.FromRecords(data.Columns, data.Records.Slice(34, 51)).Root));
            Assert.That(() => data.Take(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => data.Skip(7), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => data.Slice(6, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => data.Slice(-1, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void TheCreatorKeepsNoReferenceToItsArguments()
    {
        byte[] images = [1, 2];
        Dataset data = ImageDatasets.Create(1, 1, 1, images, new byte[] { 0, 1 });
        byte[] records = [1, 0, 2, 1];
        Dataset same = Dataset.FromRecords(data.Columns, records);
        (images[0], records[0]) = (9, 9);
        Assert.That((data.Record(0)[0], same.Record(0)[0]), Is.EqualTo(((byte)1, (byte)1)));
    }

    [Test]
    public void BadColumnsAreRefused()
    {
        DatasetColumn one = new("x", TensorType.UInt8, [1]);
        DatasetColumn two = new("y", TensorType.UInt8, [2]);
        Assert.Multiple(() =>
        {
            Assert.That(() => Dataset.FromColumns([]), Throws.ArgumentException);
            Assert.That(() => Dataset.FromColumns([(one, new byte[0])]), Throws.ArgumentException);
            Assert.That(() => Dataset.FromColumns([(one, new byte[2]), (two, new byte[3])]), Throws.ArgumentException.With.Message.Contains("'y'"));
            Assert.That(() => Dataset.FromColumns([(one, new byte[2]), (one, new byte[2])]), Throws.ArgumentException.With.Message.Contains("twice"));
            Assert.That(() => Dataset.FromRecords([two], new byte[3]), Throws.ArgumentException);
            Assert.That(() => Dataset.FromRecords([two], []), Throws.ArgumentException);
        });
    }

    [TestCase("", TensorType.UInt8, 1)]
    [TestCase("Images", TensorType.UInt8, 1)]
    [TestCase("a b", TensorType.UInt8, 1)]
    [TestCase("\u00E9", TensorType.UInt8, 1)]
    [TestCase("x", TensorType.Int8, 1)]
    [TestCase("x", TensorType.Int64, 1)]
    [TestCase("x", (TensorType)0, 1)]
    [TestCase("x", TensorType.UInt8)]
    [TestCase("x", TensorType.UInt8, 0)]
    [TestCase("x", TensorType.UInt8, -1)]
    [TestCase("x", TensorType.UInt8, 1, 1, 1, 1, 1, 1, 1, 1, 1)]
    [TestCase("x", TensorType.Float32, 65536, 65536, 65536, 65536)]
    public void BadSchemasAreRefused(string name, TensorType type, params int[] shape) =>
        Assert.That(() => new DatasetColumn(name, type, shape), Throws.ArgumentException);

    [Test]
    public void ColumnsAreEqualByContent()
    {
        int[] shape = [2, 3];
        DatasetColumn column = new("x", TensorType.Int32, shape);
        shape[0] = 7;
        DatasetColumn same = new("x", TensorType.Int32, [2, 3]);
        Assert.Multiple(() =>
        {
            Assert.That(column, Is.EqualTo(same));
            Assert.That(column.GetHashCode(), Is.EqualTo(same.GetHashCode()));
            Assert.That((column.Width, column.RecordBytes, column.ToString()), Is.EqualTo((6, 24, "x Int32 [2, 3]")));
            Assert.That(column, Is.Not.EqualTo(new DatasetColumn("x", TensorType.Int32, [3, 2])));
            Assert.That(column, Is.Not.EqualTo(new DatasetColumn("x", TensorType.Float32, [2, 3])));
            Assert.That(column, Is.Not.EqualTo(new DatasetColumn("y", TensorType.Int32, [2, 3])));
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public Property EncodingRoundTrips() => Prop.ForAll(Sets(), data =>
    {
        byte[] bytes = data.Encode();
        ValidationResult result = Dataset.TryDecode(bytes, DataLimits.Default, out Dataset? decoded);
        return result.IsValid && decoded!.Root == data.Root && decoded.Columns.SequenceEqual(data.Columns)
            && decoded.Encode().AsSpan().SequenceEqual(bytes);
    });

    [Test]
    public void TheEncodingIsPinned()
    {
        byte[] bytes = ImageDatasets.Create(1, 2, 1, new byte[] { 7, 8 }, new byte[] { 3 }).Encode();
        Assert.That(
            Convert.ToHexStringLower(bytes),
            Is.EqualTo("50445354" + "01000000" + "01000000" + "02" + "06" + "696d61676573" + "02" + "03" + "010000000200000001000000"
                + "06" + "6c6162656c73" + "02" + "01" + "01000000" + "070803"));
    }

    [Test]
    public void DecodingSurvivesMutations()
    {
        Random random = new(5);
        byte[] original = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(52)] = (byte)random.Next(256);
            byte[] cut = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (Dataset.TryDecode(cut, DataLimits.Default, out Dataset? decoded).IsValid)
            {
                Assert.That(decoded!.Encode(), Is.EqualTo(cut));
            }
        }
    }

    [TestCase(0, 4, "magic")]
    [TestCase(4, 4, "version")]
    [TestCase(8, 4, "count")]
    [TestCase(12, 1, "columns")]
    [TestCase(FirstColumn, 1, "columns", TestName = "Name length")]
    [TestCase(FirstColumn + 1, 1, "columns", TestName = "Name")]
    [TestCase(FirstColumn + 7, 1, "columns", TestName = "Type")]
    [TestCase(FirstColumn + 8, 1, "columns", TestName = "Dimensions")]
    [TestCase(FirstColumn + 9, 4, "columns", TestName = "Size")]
    public void DecodingNamesTheBadField(int offset, int length, string field)
    {
        byte[] bytes = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        bytes.AsSpan(offset, length).Clear();
        Assert.That(Dataset.TryDecode(bytes, DataLimits.Default, out Dataset? decoded).Field, Is.EqualTo(field));
        Assert.That(decoded, Is.Null);
    }

    [Test]
    public void DecodingHonoursTheLimits()
    {
        byte[] bytes = SyntheticImages.Create(3, 4, 2, seed: 2).Encode();
        byte[] huge = [.. bytes];
        BinaryPrimitives.WriteInt32LittleEndian(huge.AsSpan(8), DataLimits.Default.MaxSamples);
        byte[] twice = Dataset.FromColumns(
            [(new("a", TensorType.UInt8, [1]), new byte[1]), (new("b", TensorType.UInt8, [1]), new byte[1])]).Encode();
        twice[Array.LastIndexOf(twice, (byte)'b')] = (byte)'a';
        Assert.Multiple(() =>
        {
            Assert.That(Decode(bytes, new() { MaxSamples = 3 }).Field, Is.EqualTo("count"));
            Assert.That(Decode(bytes, new() { MaxRecordBytes = 4 }).Field, Is.EqualTo("columns"));
            Assert.That(Decode(bytes, new() { MaxColumns = 1 }).Field, Is.EqualTo("columns"));
            Assert.That(Decode(bytes, new() { MaxBytes = 19 }).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(Decode(bytes, new() { MaxBytes = 20 }).IsValid, Is.True);
            Assert.That(Decode(huge, DataLimits.Default).Field, Is.EqualTo("records"));
            Assert.That(Decode(twice, DataLimits.Default).Message, Does.Contain("'a' is used twice"));
            Assert.That(Decode([.. bytes, 0], DataLimits.Default).Field, Is.EqualTo("records"));
            Assert.That(Decode(bytes[..^1], DataLimits.Default).Field, Is.EqualTo("records"));
            Assert.That(Decode([], DataLimits.Default).Field, Is.EqualTo("magic"));
        });
    }

    [Test]
    public void SyntheticImagesArePinnedAndContinue()
    {
        Dataset whole = SyntheticImages.Create(4, 10, 5, seed: 9);
        Dataset rest = SyntheticImages.Create(4, 4, 5, seed: 9, firstSample: 6);
        Assert.Multiple(() =>
        {
            Assert.That(whole.Record(6).ToArray(), Is.EqualTo(rest.Record(0).ToArray()));
            Assert.That(whole.Root.ToShortString(), Is.EqualTo("6ccb7c7e"));
            Assert.That(SyntheticImages.Create(4, 10, 5, seed: 10).Root, Is.Not.EqualTo(whole.Root));
        });
    }

    private static ValidationResult Decode(byte[] bytes, DataLimits limits) => Dataset.TryDecode(bytes, limits, out _);

    private static Arbitrary<Dataset> Sets()
    {
        Gen<DatasetColumn> column = from type in Gen.Elements(TensorType.UInt8, TensorType.Int32, TensorType.Float32)
                                    from shape in Gen.Choose(1, 4).ListOf().Where(sizes => sizes.Count is > 0 and < 5)
                                    select new DatasetColumn("x", type, [.. shape]);
        Gen<Dataset> set = from columns in column.NonEmptyListOf().Where(list => list.Count < 6)
                           from count in Gen.Choose(1, 20)
                           from seed in Gen.Choose(0, int.MaxValue)
                           select Create(columns, count, seed);
        return set.ToArbitrary();
    }

    private static Dataset Create(IReadOnlyList<DatasetColumn> columns, int count, int seed)
    {
        DatasetColumn[] named = [.. columns.Select((column, i) => new DatasetColumn($"x.{i}_-", column.Type, column.Shape))];
        byte[] records = new byte[count * named.Sum(column => column.RecordBytes)];
        new Random(seed).NextBytes(records);
        return Dataset.FromRecords(named, records);
    }
}
