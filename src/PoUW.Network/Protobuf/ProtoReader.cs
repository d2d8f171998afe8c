using System.Text;

namespace PoUW.Network.Protobuf;

/// <summary>
/// Reads protobuf messages of peers, field by field, without allocating: numbers, bytes and embedded messages (read those with a reader of
/// their own). Unknown fields are there to be skipped by the caller. Bytes that are no message, or more fields than allowed, end the reading and show
/// in <see cref="IsMalformed"/>, which callers must check at the end.
/// </summary>
public ref struct ProtoReader
{
    private readonly ReadOnlySpan<byte> _source;
    private int _position;
    private int _fieldsLeft;

    /// <summary>Reads a message.</summary>
    /// <param name="source">The whole message.</param>
    /// <param name="maxFields">The most fields it may have, repeated ones counted each.</param>
    public ProtoReader(ReadOnlySpan<byte> source, int maxFields)
    {
        _source = source;
        _fieldsLeft = maxFields;
    }

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>True if the current field holds bytes; false if a number.</summary>
    public bool IsBytes { get; private set; }

    /// <summary>The current field's number; 0 if it holds bytes.</summary>
    public ulong Varint { get; private set; }

    /// <summary>The current field's bytes; empty if it holds a number.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The source was not a message, or had too many fields.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Where the current field's bytes begin in the source.</summary>
    public readonly int BytesOffset => _position - Bytes.Length;

    /// <summary>Moves to the next field.</summary>
    /// <returns>False at the end, or if the rest is malformed.</returns>
    public bool Next()
    {
        if (IsMalformed || _position == _source.Length)
        {
            return false;
        }

        IsMalformed = _fieldsLeft-- <= 0 || !TryReadField();
        return !IsMalformed;
    }

    /// <summary>The current field's bytes as text; malformed UTF-8 makes the message malformed and gives an empty text.</summary>
    public string ReadString()
    {
        if (IsBytes && System.Text.Unicode.Utf8.IsValid(Bytes))
        {
            return Encoding.UTF8.GetString(Bytes);
        }

        IsMalformed = true;
        return "";
    }

    private bool TryReadField()
    {
        if (!TryReadNumber(out ulong tag) || tag >> 3 is 0 or > int.MaxValue)
        {
            return false;
        }

        Field = (int)(tag >> 3);
        Varint = 0;
        Bytes = default;
        IsBytes = false;
        switch (tag & 7)
        {
            case 0:
                bool isNumber = TryReadNumber(out ulong value);
                Varint = value;
                return isNumber;
            case 1:
                return TrySkip(8);
            case 2:
                return TryReadBytes();
            case 5:
                return TrySkip(4);
            default:
                return false;
        }
    }

    private bool TryReadBytes()
    {
        if (!TryReadNumber(out ulong length) || length > (ulong)(_source.Length - _position))
        {
            return false;
        }

        Bytes = _source.Slice(_position, (int)length);
        IsBytes = true;
        _position += (int)length;
        return true;
    }

    private bool TrySkip(int count)
    {
        if (_source.Length - _position < count)
        {
            return false;
        }

        _position += count;
        return true;
    }

    private bool TryReadNumber(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64 && _position < _source.Length; shift += 7)
        {
            byte next = _source[_position++];
            if (shift == 63 && next > 1)
            {
                return false;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
