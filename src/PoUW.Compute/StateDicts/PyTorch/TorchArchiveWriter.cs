using System.Buffers.Binary;
using System.Text;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>
/// Writes a zip archive as PyTorch does: stored entries whose data starts at multiples of 64 bytes, no dates, both end records. The
/// stream need not be able to seek.
/// </summary>
internal sealed class TorchArchiveWriter(Stream output, string root)
{
    private const int Alignment = 64;
    private const int ExtraHeader = 4;
    private const ushort PaddingId = 0x4246;
    private const ushort Version = 45;

    private readonly MemoryStream _directory = new();
    private long _position;
    private int _count;

    /// <summary>Adds an entry.</summary>
    public void Add(string name, ReadOnlyMemory<byte> content)
    {
        byte[] path = Encoding.UTF8.GetBytes($"{root}/{name}");
        int unpadded = (int)((_position + ZipFormat.LocalBytes + path.Length + ExtraHeader) % Alignment);
        int extra = ExtraHeader + ((Alignment - unpadded) % Alignment);
        long next = _position + ZipFormat.LocalBytes + path.Length + extra + content.Length;
        if (next + _directory.Length > int.MaxValue)
        {
            throw new StateDictException("The file would have 2 GiB or more; write several safetensors files instead.");
        }

        uint crc = Crc32.Compute(content.Span);
        byte[] local = new byte[ZipFormat.LocalBytes + path.Length + extra];
        BinaryPrimitives.WriteUInt32LittleEndian(local, ZipFormat.LocalSignature);
        WriteCommon(local.AsSpan(4), crc, content.Length, path.Length);
        U16(local, 28, extra);
        path.CopyTo(local, ZipFormat.LocalBytes);
        Span<byte> padding = local.AsSpan(ZipFormat.LocalBytes + path.Length);
        padding.Fill((byte)'Z');
        U16(padding, 0, PaddingId);
        U16(padding, 2, extra - ExtraHeader);
        AddToDirectory(path, crc, content.Length);
        output.Write(local);
        output.Write(content.Span);
        (_position, _count) = (next, _count + 1);
    }

    /// <summary>Writes the directory.</summary>
    public void Finish()
    {
        long directory = _directory.Length;
        Span<byte> end = stackalloc byte[ZipFormat.End64Bytes + ZipFormat.Locator64Bytes + ZipFormat.EndBytes];
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, ZipFormat.End64Signature);
        U64(end, 4, ZipFormat.End64Bytes - 12);
        U16(end, 12, Version);
        U16(end, 14, Version);
        U64(end, 24, _count);
        U64(end, 32, _count);
        U64(end, 40, directory);
        U64(end, 48, _position);
        Span<byte> locator = end[ZipFormat.End64Bytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, ZipFormat.Locator64Signature);
        U64(locator, 8, _position + directory);
        BinaryPrimitives.WriteUInt32LittleEndian(locator[16..], 1);
        Span<byte> last = locator[ZipFormat.Locator64Bytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(last, ZipFormat.EndSignature);
        U16(last, 8, Math.Min(_count, ushort.MaxValue));
        U16(last, 10, Math.Min(_count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(last[12..], (uint)directory);
        BinaryPrimitives.WriteUInt32LittleEndian(last[16..], (uint)_position);
        _directory.WriteTo(output);
        output.Write(end);
    }

    private void AddToDirectory(byte[] path, uint crc, int length)
    {
        Span<byte> central = stackalloc byte[ZipFormat.CentralBytes];
        central.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(central, ZipFormat.CentralSignature);
        WriteCommon(central[6..], crc, length, path.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(central[42..], (uint)_position);
        _directory.Write(central);
        _directory.Write(path);
    }

    /// <summary>What the two headers of an entry have in common: version, flags, method, date, checksum, sizes, length of the name.</summary>
    private static void WriteCommon(Span<byte> header, uint crc, int length, int nameLength)
    {
        U16(header, 2, ZipFormat.Utf8Names);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], crc);
        BinaryPrimitives.WriteInt32LittleEndian(header[14..], length);
        BinaryPrimitives.WriteInt32LittleEndian(header[18..], length);
        U16(header, 22, nameLength);
    }

    private static void U16(Span<byte> bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)value);

    private static void U64(Span<byte> bytes, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
}
