namespace PoUW.Network.Protobuf;

/// <summary>Unsigned LEB128 integers of at most nine bytes (63 bits), in their shortest form (multiformats, unsigned-varint).</summary>
public static class Varint
{
    /// <summary>The longest encoding.</summary>
    public const int MaxBytes = 9;

    /// <summary>The bytes that a number takes.</summary>
    public static int LengthOf(ulong value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }

    /// <summary>Writes a number.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> destination, ulong value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[length++] = (byte)((value & 0x7f) | 0x80);
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a number from the front.</summary>
    /// <returns>The bytes read; 0 if more are needed; -1 if no number begins so: too long, or longer than its shortest form.</returns>
    public static int TryRead(ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (int i = 0; i < Math.Min(source.Length, MaxBytes); i++)
        {
            value |= (ulong)(source[i] & 0x7f) << (7 * i);
            if (source[i] < 0x80)
            {
                return source[i] == 0 && i > 0 ? -1 : i + 1;
            }
        }

        return source.Length < MaxBytes ? 0 : -1;
    }
}
