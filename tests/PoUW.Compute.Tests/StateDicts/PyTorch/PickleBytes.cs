using System.Buffers.Binary;
using System.Text;

namespace PoUW.Compute.Tests.StateDicts.PyTorch;

/// <summary>Puts pickles together, instruction by instruction.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> _bytes = [0x80, 2];

    /// <summary>Instructions given as characters and bytes.</summary>
    public PickleBytes Add(string instructions)
    {
        _bytes.AddRange(Encoding.Latin1.GetBytes(instructions));
        return this;
    }

    /// <summary>BINUNICODE.</summary>
    public PickleBytes Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Add("X");
        return Raw32((uint)utf8.Length).AddBytes(utf8);
    }

    /// <summary>GLOBAL.</summary>
    public PickleBytes Global(string module, string name) => Add($"c{module}\n{name}\n");

    /// <summary>BINPUT or LONG_BINPUT.</summary>
    public PickleBytes Put(int index) => index < 256 ? Add("q").AddBytes([(byte)index]) : Add("r").Raw32((uint)index);

    /// <summary>BINGET or LONG_BINGET.</summary>
    public PickleBytes Get(int index) => index < 256 ? Add("h").AddBytes([(byte)index]) : Add("j").Raw32((uint)index);

    /// <summary>LONG1 with eight bytes.</summary>
    public PickleBytes Number(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return AddBytes([0x8A, 8]).AddBytes(bytes);
    }

    /// <summary>A storage by its persistent id.</summary>
    public PickleBytes Storage(string type, string key, long count) =>
        Add("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Number(count).Add("tQ");

    /// <summary>A tensor as a view of a storage of floats.</summary>
    public PickleBytes Tensor(string key, long count, long offset, long[] shape, long[] strides, string type = "FloatStorage")
    {
        Global("torch._utils", "_rebuild_tensor_v2").Add("(").Storage(type, key, count).Number(offset);
        foreach (long[] numbers in new[] { shape, strides })
        {
            Add("(");
            Array.ForEach(numbers, number => Number(number));
            Add("t");
        }

        return Add("\u0089").Global("collections", "OrderedDict").Add(")RtR");
    }

    /// <summary>STOP, and the bytes.</summary>
    public byte[] End() => [.. _bytes, (byte)'.'];

    public byte[] Unfinished() => [.. _bytes];

    private PickleBytes AddBytes(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    private PickleBytes Raw32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return AddBytes(bytes);
    }
}
