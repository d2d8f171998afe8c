using System.Buffers.Binary;
using PoUW.Core.Randomness;

namespace PoUW.Network.Gossip;

/// <summary>Choices from the injected randomness.</summary>
internal sealed class GossipRandom(IRandomSource source)
{
    public int Below(int count)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        source.Fill(bytes);

        // 64 bits over a small count: the bias is below 2^-40.
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(bytes) % (ulong)count);
    }

    public void Shuffle<T>(List<T> items)
    {
        for (int i = items.Count - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
