using System.Buffers.Binary;

namespace PoUW.Compute.Tests.StateDicts;

/// <summary>
/// Damages files, seeded: bytes are changed, copied, removed, cut, or overwritten by numbers that readers like to get wrong. Damage within
/// an archive of PyTorch can be followed by the right checksums, so that it reaches what is behind them. Not thread-safe.
/// </summary>
public sealed class StateFileMutator(int seed)
{
    private const uint LocalSignature = 0x04034B50;
    private const uint CentralSignature = 0x02014B50;

    private static readonly long[] Numbers =
        [0, 1, 2, -1, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 61, long.MaxValue, long.MinValue];

    private static readonly string[] Instructions =
        ["cos\nsystem\n", "\u0093", "R", "b", "(", "t", "u", "s", "a", "e", "}", "]", ")", "\u0085", "\u0094", "h\0", "q\0", "Q", "N", ".", "i", "o", "0", "2"];

    private readonly Random _random = new(seed);

    /// <summary>A damaged copy.</summary>
    public byte[] Mutate(byte[] original)
    {
        byte[] bytes = [.. original];
        for (int times = _random.Next(1, 5); times > 0 && bytes.Length > 0; times--)
        {
            bytes = MutateOnce(bytes);
        }

        if (_random.Next(4) != 0)
        {
            RepairChecksums(bytes);
        }

        return bytes;
    }

    private byte[] MutateOnce(byte[] bytes)
    {
        // Half of the damage goes to the first part of the file, where headers and pickles are.
        int at = _random.Next(_random.Next(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 1500));
        int length = Math.Min(_random.Next(1, 40), bytes.Length - at);
        switch (_random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..at], .. bytes.AsSpan(_random.Next(bytes.Length - length + 1), length), .. bytes[at..]];
            case 3:
                bytes.AsSpan(_random.Next(bytes.Length - length + 1), length).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 4:
                byte[] number = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[_random.Next(Numbers.Length)]);
                number.AsSpan(0, Math.Min(1 << _random.Next(4), bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 5:
                string instruction = Instructions[_random.Next(Instructions.Length)];
                System.Text.Encoding.Latin1.GetBytes(instruction.AsSpan(0, Math.Min(instruction.Length, bytes.Length - at)), bytes.AsSpan(at));
                return bytes;
            case 6:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                return bytes;
            default:
                bytes[at] = (byte)_random.Next(256);
                return bytes;
        }
    }

    /// <summary>Writes the checksums of whatever entries the directory of an archive still points to.</summary>
    private static void RepairChecksums(byte[] bytes)
    {
        Span<byte> all = bytes;
        if (all.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(all) != LocalSignature)
        {
            return;
        }

        for (int at = all.IndexOf("PK\u0001\u0002"u8); at >= 0 && at + 46 <= all.Length; at = NextRecord(all, at))
        {
            Span<byte> record = all[at..];
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(record[20..]);
            uint local = BinaryPrimitives.ReadUInt32LittleEndian(record[42..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record) != CentralSignature || local > all.Length - 30)
            {
                continue;
            }

            Span<byte> header = all[(int)local..];
            int data = 30 + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
            if (data <= header.Length && size <= header.Length - data)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(record[16..], Crc(header.Slice(data, (int)size)));
            }
        }
    }

    private static int NextRecord(Span<byte> bytes, int at)
    {
        int next = bytes[(at + 4)..].IndexOf("PK\u0001\u0002"u8);
        return next < 0 ? -1 : at + 4 + next;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
