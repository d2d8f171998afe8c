using System.Buffers.Binary;
using PoUW.Core.Randomness;

namespace PoUW.Network.Tests.Support;

/// <summary>Bytes near valid ones, for decoders: changed, cut, doubled, filled, grown; the same for a seed.</summary>
internal sealed class Mutations(ulong seed)
{
    private readonly SeededRandomSource _random = new(seed, "mutations");

    /// <summary>One to four changes of a valid encoding.</summary>
    public byte[] Of(ReadOnlySpan<byte> valid)
    {
        byte[] bytes = valid.ToArray();
        for (int changes = 1 + Next(4); changes > 0; changes--)
        {
            bytes = Change(bytes);
        }

        return bytes;
    }

    public int Next(int below)
    {
        Span<byte> bytes = stackalloc byte[4];
        _random.Fill(bytes);
        return (int)(BinaryPrimitives.ReadUInt32LittleEndian(bytes) % (uint)below);
    }

    private byte[] Change(byte[] bytes)
    {
        int at = Next(bytes.Length + 1);
        int length = Next(bytes.Length - at + 1);
        byte value = (byte)Next(256);
        switch (Next(6))
        {
            case 0 when at < bytes.Length:
                bytes[at] ^= (byte)(1 << Next(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes[at] = value;
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 4:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            default:
                return [.. bytes[..at], value, .. bytes[at..]];
        }
    }
}
