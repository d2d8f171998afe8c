using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Primitives;

namespace PoUW.Core.Codec;

/// <summary>
/// Writes Recursive Length Prefix (Ethereum Yellow Paper, appendix B). Integers are big-endian without leading zeros; zero is the
/// empty string. Lists are opened and closed around their items, to any depth. The bytes grow in one buffer of the shared pool:
/// <see cref="Finish"/> copies them out and gives the buffer back, <see cref="Dispose"/> gives it back alone; a writer that is only
/// dropped costs the pool a buffer, nothing else. A writer can be used again after any of them. Not thread-safe.
/// </summary>
public sealed class RlpWriter : IDisposable
{
    // An open list keeps room for the longest header of a payload that an array can hold. Until the list ends, the room holds the
    // position of the list around it, so that nesting needs no stack of its own.
    private const int HeaderRoom = 5;
    private const int NoList = -1;
    private const int FirstBufferBytes = 512;

    private byte[] _buffer = [];
    private int _length;
    private int _open = NoList;

    /// <summary>The bytes written so far, valid until the next call of any other member; every list must be closed.</summary>
    /// <exception cref="InvalidOperationException">A list is still open.</exception>
    public ReadOnlySpan<byte> WrittenSpan
    {
        get
        {
            if (_open != NoList)
            {
                throw new InvalidOperationException("A list is still open.");
            }

            return _buffer.AsSpan(0, _length);
        }
    }

    /// <summary>Bytes of a list with a payload of this many bytes.</summary>
    internal static int ListLength(int payloadBytes) => HeaderLength(payloadBytes) + payloadBytes;

    /// <summary>Bytes of the encoding of a byte string.</summary>
    internal static int LengthOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 1 && bytes[0] < 0x80 ? 1 : HeaderLength(bytes.Length) + bytes.Length;

    /// <summary>Writes the header of a list with a payload of this many bytes.</summary>
    /// <param name="header">At least 5 bytes.</param>
    /// <param name="payloadBytes">Bytes of the list's items.</param>
    /// <returns>Bytes written.</returns>
    internal static int WriteListHeader(Span<byte> header, int payloadBytes) => WriteHeader(header, 0xC0, payloadBytes);

    /// <summary>Starts a list; every later item belongs to it until <see cref="EndList"/>.</summary>
    public RlpWriter BeginList()
    {
        Reserve(HeaderRoom);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_length), _open);
        _open = _length;
        _length += HeaderRoom;
        return this;
    }

    /// <summary>Ends the innermost list.</summary>
    /// <exception cref="InvalidOperationException">No list is open.</exception>
    public RlpWriter EndList()
    {
        if (_open == NoList)
        {
            throw new InvalidOperationException("No list is open.");
        }

        int start = _open;
        int payload = _length - start - HeaderRoom;
        _open = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(start));
        int header = WriteListHeader(_buffer.AsSpan(start), payload);
        _buffer.AsSpan(start + HeaderRoom, payload).CopyTo(_buffer.AsSpan(start + header));
        _length = start + header + payload;
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

        Reserve(HeaderRoom + bytes.Length);
        _length += WriteHeader(_buffer.AsSpan(_length), 0x80, bytes.Length);
        Append(bytes);
        return this;
    }

    /// <summary>Appends an unsigned integer.</summary>
    public RlpWriter Write(ulong value) => Write((UInt128)value);

    /// <summary>Appends an unsigned integer of up to 128 bits.</summary>
    public RlpWriter Write(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
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
    public RlpWriter Write(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        Span<byte> small = stackalloc byte[64];
        return bytes <= small.Length ? Write(small[..Encoding.UTF8.GetBytes(text, small)]) : Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Appends an item that is encoded already.</summary>
    public RlpWriter WriteEncoded(ReadOnlySpan<byte> item)
    {
        Append(item);
        return this;
    }

    /// <summary>A copy of the bytes written so far; every list must be closed.</summary>
    /// <exception cref="InvalidOperationException">A list is still open.</exception>
    public byte[] ToArray() => WrittenSpan.ToArray();

    /// <summary>A copy of the bytes written so far, after which the writer is empty and holds no buffer.</summary>
    /// <exception cref="InvalidOperationException">A list is still open.</exception>
    public byte[] Finish()
    {
        byte[] written = WrittenSpan.ToArray();
        Dispose();
        return written;
    }

    /// <summary>Makes the writer empty, with open lists forgotten; it keeps its buffer.</summary>
    public RlpWriter Reset()
    {
        _length = 0;
        _open = NoList;
        return this;
    }

    /// <summary>Makes the writer empty and gives its buffer back to the pool.</summary>
    public void Dispose()
    {
        Reset();
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int HeaderLength(int payload)
    {
        if (payload <= 55)
        {
            return 1;
        }

        return payload <= 0xFF ? 2 : payload <= 0xFFFF ? 3 : payload <= 0xFF_FFFF ? 4 : 5;
    }

    private static int WriteHeader(Span<byte> header, int offset, int payload)
    {
        if (payload <= 55)
        {
            header[0] = (byte)(offset + payload);
            return 1;
        }

        int lengthBytes = HeaderLength(payload) - 1;
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
        if (_buffer.Length - _length >= extra)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max((long)_length * 2, Math.Max((long)_length + extra, FirstBufferBytes)), Array.MaxLength));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        byte[] smaller = _buffer;
        _buffer = larger;
        if (smaller.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(smaller);
        }
    }
}
