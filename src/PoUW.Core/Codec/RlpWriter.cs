using PoUW.Core.Primitives;

namespace PoUW.Core.Codec;

/// <summary>
/// Writes Recursive Length Prefix (Ethereum Yellow Paper, appendix B). Integers are big-endian without leading zeros; zero is the
/// empty string. Lists are opened and closed around their items. Not thread-safe.
/// </summary>
public sealed class RlpWriter
{
    private readonly Stack<int> _open = new();
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>Starts a list; every later item belongs to it until <see cref="EndList"/>.</summary>
    public RlpWriter BeginList()
    {
        _open.Push(_length);
        return this;
    }

    /// <summary>Ends the innermost list.</summary>
    public RlpWriter EndList()
    {
        int start = _open.Pop();
        int payload = _length - start;
        Span<byte> header = stackalloc byte[9];
        int headerLength = WriteHeader(header, 0xC0, payload);
        Reserve(headerLength);
        _buffer.AsSpan(start, payload).CopyTo(_buffer.AsSpan(start + headerLength));
        header[..headerLength].CopyTo(_buffer.AsSpan(start));
        _length += headerLength;
        return this;
    }

    /// <summary>Appends a byte string.</summary>
    public RlpWriter Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 1 && bytes[0] < 0x80)
        {
            Append(bytes);
            return this;
        }

        Span<byte> header = stackalloc byte[9];
        int headerLength = WriteHeader(header, 0x80, bytes.Length);
        Append(header[..headerLength]);
        Append(bytes);
        return this;
    }

    /// <summary>Appends an unsigned integer.</summary>
    public RlpWriter Write(ulong value) => Write((UInt128)value);

    /// <summary>Appends an unsigned integer of up to 128 bits.</summary>
    public RlpWriter Write(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        int zeros = bytes.IndexOfAnyExcept((byte)0);
        return Write(zeros < 0 ? [] : bytes[zeros..]);
    }

    /// <summary>Appends a hash as 32 bytes.</summary>
    public RlpWriter Write(Hash256 hash)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        hash.CopyTo(bytes);
        return Write(bytes);
    }

    /// <summary>Appends an address as 20 bytes.</summary>
    public RlpWriter Write(Address address)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        address.CopyTo(bytes);
        return Write(bytes);
    }

    /// <summary>Appends an amount as an unsigned integer.</summary>
    public RlpWriter Write(Amount amount) => Write(amount.BaseUnits);

    /// <summary>Appends text as UTF-8.</summary>
    public RlpWriter Write(string text) => Write(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Appends an item that is encoded already.</summary>
    public RlpWriter WriteEncoded(ReadOnlySpan<byte> item)
    {
        Append(item);
        return this;
    }

    /// <summary>The bytes written so far; every list must be closed.</summary>
    /// <exception cref="InvalidOperationException">A list is still open.</exception>
    public byte[] ToArray()
    {
        if (_open.Count != 0)
        {
            throw new InvalidOperationException($"{_open.Count} list(s) still open.");
        }

        return _buffer.AsSpan(0, _length).ToArray();
    }

    private static int WriteHeader(Span<byte> header, int offset, int payload)
    {
        if (payload <= 55)
        {
            header[0] = (byte)(offset + payload);
            return 1;
        }

        int lengthBytes = 0;
        for (int rest = payload; rest != 0; rest >>= 8)
        {
            lengthBytes++;
        }

        header[0] = (byte)(offset + 55 + lengthBytes);
        for (int i = 0; i < lengthBytes; i++)
        {
            header[lengthBytes - i] = (byte)((payload >> (8 * i)) & 0xFF);
        }

        return 1 + lengthBytes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Reserve(int extra)
    {
        if (_buffer.Length - _length < extra)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + extra));
        }
    }
}
