using System.Buffers;
using System.Text;

namespace PoUW.Network.Protobuf;

/// <summary>Writes the few protobuf field types that the wire protocols use, in the order of the calls. Not thread-safe.</summary>
public sealed class ProtoWriter
{
    private const int VarintWire = 0;
    private const int BytesWire = 2;

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Bytes written so far.</summary>
    public int Length => _buffer.WrittenCount;

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>Writes an unsigned number, a bool or an enum.</summary>
    public void WriteVarint(int field, ulong value)
    {
        WriteTag(field, VarintWire);
        WriteNumber(value);
    }

    /// <summary>Writes bytes or an embedded message.</summary>
    public void WriteBytes(int field, ReadOnlySpan<byte> value)
    {
        WriteTag(field, BytesWire);
        WriteNumber((ulong)value.Length);
        _buffer.Write(value);
    }

    /// <summary>Writes text in UTF-8.</summary>
    public void WriteString(int field, string value) => WriteBytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    /// <summary>A copy of what was written, with its length before it as a varint.</summary>
    public byte[] ToDelimited()
    {
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        int length = Varint.Write(prefix, (ulong)_buffer.WrittenCount);
        return [.. prefix[..length], .. _buffer.WrittenSpan];
    }

    private void WriteTag(int field, int wire) => WriteNumber(((ulong)field << 3) | (uint)wire);

    private void WriteNumber(ulong value)
    {
        Span<byte> encoded = stackalloc byte[10];
        int length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            encoded[length++] = (byte)((value & 0x7f) | 0x80);
        }

        encoded[length++] = (byte)value;
        _buffer.Write(encoded[..length]);
    }
}
