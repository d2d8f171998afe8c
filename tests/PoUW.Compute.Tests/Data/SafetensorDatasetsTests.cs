using System.Runtime.InteropServices;
using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data;

[TestFixture]
public sealed class SafetensorDatasetsTests
{
    [Test]
    public void TensorsBecomeColumns()
    {
        using TemporaryFolder folder = new();
        byte[] file = new SafetensorFile(new StateDict(
            [Entry<float>("x", StateTensorType.Float32, [2, 1, 2], [1, 2, 3, 4]), Entry<long>("labels", StateTensorType.Int64, [2], [7, -1]),
                Entry<byte>("mask", StateTensorType.Bool, [2], [1, 0]), Entry<int>("ids", StateTensorType.Int32, [2, 1], [5, 6]),]), new Dictionary<string, string>()).Encode();
        ValidationResult result = SafetensorDatasets.TryRead(folder.Write("d.safetensors", file), DataLimits.Default, out Dataset? data);
        Assert.That(result.IsValid, Is.True, result.Message);
        Assert.Multiple(() =>
        {
            Assert.That(string.Join("; ", data!.Columns), Is.EqualTo("ids Int32 [1]; labels Int32 [1]; mask UInt8 [1]; x Float32 [1, 2]"));
            Assert.That(data.ToTensor("labels", TensorType.Int32).Int32.ToArray(), Is.EqualTo(new[] { 7, -1 }));
            Assert.That(data.ToTensor("x", TensorType.Float32).Float32.ToArray(), Is.EqualTo(new float[] { 1, 2, 3, 4 }));
            Assert.That(data.ToTensor("mask", TensorType.UInt8).UInt8.ToArray(), Is.EqualTo(new byte[] { 1, 0 }));
        });
    }

    [Test]
    public void WhatIsNoColumnIsNamed()
    {
        KeyValuePair<string, StateTensor> good = Entry<byte>("a", StateTensorType.UInt8, [2], [1, 2]);
        Assert.Multiple(() =>
        {
            Assert.That(Refuse(good, Entry<byte>("b", StateTensorType.UInt8, [3], [1, 2, 3])).Field, Is.EqualTo("b"));
            Assert.That(Refuse(good, Entry<byte>("b", StateTensorType.UInt8, [], [1])).Field, Is.EqualTo("b"));
            Assert.That(Refuse(Entry<byte>("a", StateTensorType.UInt8, [0], [])).Field, Is.EqualTo("count"));
            Assert.That(Refuse(Entry<byte>("a", StateTensorType.UInt8, [2, 0], [])).Field, Is.EqualTo("a"));
            Assert.That(Refuse(good, Entry<byte>("B", StateTensorType.UInt8, [2], [1, 2])).Message, Does.Contain("no column name"));
            Assert.That(Refuse(good, Entry<ushort>("h", StateTensorType.Float16, [2], [1, 2])).Message, Does.Contain("Float16 is not supported"));
            Assert.That(Refuse(Entry<float>("x", StateTensorType.Float32, [2, 2], [1, 2, 3, float.NaN])).Message, Does.Contain("sample 1"));
            Assert.That(Refuse(Entry<float>("x", StateTensorType.Float32, [1], [float.PositiveInfinity])).Field, Is.EqualTo("x"));
            Assert.That(Refuse(Entry<long>("x", StateTensorType.Int64, [2], [0, 1L << 31])).Message, Does.Contain("sample 1 has 2147483648"));
            Assert.That(Refuse().Field, Is.EqualTo("columns"));
        });
    }

    [Test]
    public void LimitsAndBrokenFilesNameTheFile()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new SafetensorFile(new StateDict(
            [Entry<byte>("a", StateTensorType.UInt8, [4], [1, 2, 3, 4])]), new Dictionary<string, string>()).Encode();
        string path = folder.Write("d.safetensors", bytes);
        string cut = folder.Write("cut.safetensors", bytes[..^1]);
        Assert.Multiple(() =>
        {
            Assert.That(SafetensorDatasets.TryRead(path, new DataLimits { MaxSamples = 3 }, out _).Message, Does.StartWith("d.safetensors: count: "));
            Assert.That(SafetensorDatasets.TryRead(path, new DataLimits { MaxBytes = 50 }, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
            Assert.That(SafetensorDatasets.TryRead(cut, DataLimits.Default, out _).Message, Does.StartWith("cut.safetensors: "));
        });
    }

    [Test]
    public void ReadingSurvivesMutations()
    {
        using TemporaryFolder folder = new();
        byte[] original = new SafetensorFile(new StateDict(
            [Entry<float>("x", StateTensorType.Float32, [2, 2], [1, 2, 3, 4]), Entry<long>("y", StateTensorType.Int64, [2], [0, 1])]), new Dictionary<string, string>()).Encode();
        Random random = new(4);
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = [.. original];
            bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)random.Next('0', ':');
            ValidationResult result = SafetensorDatasets.TryRead(folder.Write("f", bytes), DataLimits.Default, out Dataset? data);
            Assert.That(result.IsValid, Is.EqualTo(data is not null));
        }
    }

    private static ValidationResult Refuse(params KeyValuePair<string, StateTensor>[] entries)
    {
        ValidationResult result = SafetensorDatasets.TryConvert(
            new SafetensorFile(new StateDict(entries), new Dictionary<string, string>()), DataLimits.Default, out Dataset? data);
        Assert.That((result.IsValid, data), Is.EqualTo((false, (Dataset?)null)));
        return result;
    }

    private static KeyValuePair<string, StateTensor> Entry<T>(string name, StateTensorType type, long[] shape, T[] values)
        where T : unmanaged =>
        new(name, new StateTensor(type, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
}
