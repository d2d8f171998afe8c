using System.Buffers.Binary;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests;

/// <summary>Seeded mutations of a valid encoding: changed, removed, repeated and inserted bytes.</summary>
internal sealed class Fuzzer(ulong seed, string label)
{
    private readonly SeededRandomSource _random = new(seed, label);

    internal int Next(int bound)
    {
        Span<byte> bytes = stackalloc byte[4];
        _random.Fill(bytes);
        return (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) % (uint)bound);
    }

    internal byte[] Mutate(byte[] valid)
    {
        List<byte> bytes = [.. valid];
        int edits = 1 + Next(3);
        for (int i = 0; i < edits && bytes.Count > 0; i++)
        {
            int at = Next(bytes.Count);
            switch (Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(1 + Next(8), bytes.Count - at));
                    break;
                case 2:
                    bytes.Insert(at, (byte)Next(256));
                    break;
                default:
                    bytes[at] = (byte)Next(256);
                    break;
            }
        }

        return [.. bytes];
    }
}
