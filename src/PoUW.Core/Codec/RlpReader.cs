using PoUW.Core.Primitives;

namespace PoUW.Core.Codec;

/// <summary>
/// Reads canonical Recursive Length Prefix. Any deviation (leading zeros, a length that could be shorter, a single byte in a long form,
/// bytes left over) makes the reader fail: <see cref="Failed"/> is set, every later read returns a default, and nothing is thrown.
/// Callers read all fields, then ask <see cref="TryFinish"/>. Nothing is allocated for a length before the bytes are there.
/// </summary>
public ref struct RlpReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    public RlpReader(ReadOnlySpan<byte> data)
    {
        _rest = data;
        Failed = false;
    }

    /// <summary>True once any read found a deviation from the canonical form.</summary>
    public bool Failed { get; private set; }

    /// <summary>True when nothing is left to read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>True if all reads were canonical and nothing is left.</summary>
    public readonly bool TryFinish() => !Failed && _rest.IsEmpty;

    /// <summary>Enters a list and returns a reader over its items.</summary>
    public RlpReader ReadList()
    {
        ReadOnlySpan<byte> payload = ReadItem(isList: true);
        return new RlpReader(payload) { Failed = Failed };
    }

    /// <summary>Reads a list and returns the encoding of its items.</summary>
    internal ReadOnlySpan<byte> ReadListPayload() => ReadItem(isList: true);

    /// <summary>Reads a byte string of at most <paramref name="maxLength"/> bytes, without copying.</summary>
    public ReadOnlySpan<byte> ReadBytes(int maxLength)
    {
        ReadOnlySpan<byte> payload = ReadItem(isList: false);
        if (payload.Length > maxLength)
        {
            return Fail();
        }

        return payload;
    }

    /// <summary>Reads a byte string of exactly <paramref name="length"/> bytes, without copying.</summary>
    public ReadOnlySpan<byte> ReadFixed(int length)
    {
        ReadOnlySpan<byte> payload = ReadItem(isList: false);
        return payload.Length == length ? payload : Fail();
    }

    /// <summary>Reads an unsigned integer of at most 128 bits.</summary>
    public UInt128 ReadUInt128()
    {
        ReadOnlySpan<byte> payload = ReadItem(isList: false);
        if (payload.Length > 16 || (payload.Length > 0 && payload[0] == 0))
        {
            Fail();
            return 0;
        }

        if (payload.Length <= 8)
        {
            return ReadWord(payload);
        }

        int upper = payload.Length - 8;
        return new UInt128(ReadWord(payload[..upper]), ReadWord(payload[upper..]));
    }

    /// <summary>Reads an unsigned integer not above <paramref name="max"/>.</summary>
    public ulong ReadUInt64(ulong max = ulong.MaxValue)
    {
        UInt128 value = ReadUInt128();
        if (value > max)
        {
            Fail();
            return 0;
        }

        return (ulong)value;
    }

    /// <summary>Reads a 32-byte hash.</summary>
    public Hash256 ReadHash()
    {
        ReadOnlySpan<byte> bytes = ReadFixed(Hash256.Size);
        return bytes.IsEmpty ? default : new Hash256(bytes);
    }

    /// <summary>Reads a 20-byte address.</summary>
    public Address ReadAddress()
    {
        ReadOnlySpan<byte> bytes = ReadFixed(Address.Size);
        return bytes.IsEmpty ? default : new Address(bytes);
    }

    /// <summary>Reads an amount in base units.</summary>
    public Amount ReadAmount() => new(ReadUInt128());

    /// <summary>Reads valid UTF-8 text of at most <paramref name="maxBytes"/> bytes.</summary>
    public string ReadText(int maxBytes)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(maxBytes);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            Fail();
            return "";
        }

        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads one item, list or string, and returns it with its header.</summary>
    public ReadOnlySpan<byte> ReadEncodedItem()
    {
        ReadOnlySpan<byte> before = _rest;
        bool isList = !before.IsEmpty && before[0] >= 0xC0;
        ReadItem(isList);
        return Failed ? [] : before[..(before.Length - _rest.Length)];
    }

    private static ulong ReadWord(ReadOnlySpan<byte> bigEndian)
    {
        ulong value = 0;
        foreach (byte part in bigEndian)
        {
            value = (value << 8) | part;
        }

        return value;
    }

    private ReadOnlySpan<byte> ReadItem(bool isList)
    {
        if (Failed || _rest.IsEmpty || (_rest[0] >= 0xC0) != isList)
        {
            return Fail();
        }

        byte first = _rest[0];
        if (first < 0x80)
        {
            return Take(0, 1);
        }

        int code = first - (isList ? 0xC0 : 0x80);
        if (code <= 55)
        {
            bool singleByteInLongForm = !isList && code == 1 && _rest.Length > 1 && _rest[1] < 0x80;
            return singleByteInLongForm ? Fail() : Take(1, code);
        }

        return ReadLong(code - 55);
    }

    private ReadOnlySpan<byte> ReadLong(int lengthBytes)
    {
        if (lengthBytes > 4 || _rest.Length < 1 + lengthBytes || _rest[1] == 0)
        {
            return Fail();
        }

        long length = 0;
        for (int i = 0; i < lengthBytes; i++)
        {
            length = (length << 8) | _rest[1 + i];
        }

        return length is <= 55 or > int.MaxValue ? Fail() : Take(1 + lengthBytes, (int)length);
    }

    private ReadOnlySpan<byte> Take(int header, int length)
    {
        if (_rest.Length - header < length)
        {
            return Fail();
        }

        ReadOnlySpan<byte> payload = _rest.Slice(header, length);
        _rest = _rest[(header + length)..];
        return payload;
    }

    private ReadOnlySpan<byte> Fail()
    {
        Failed = true;
        _rest = default;
        return default;
    }
}
