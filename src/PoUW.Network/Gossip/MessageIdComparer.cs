using System.Buffers.Binary;
using PoUW.Core.Randomness;

namespace PoUW.Network.Gossip;

/// <summary>
/// Compares ids with a hash that is keyed for each node: peers choose the ids in their IHAVE and IDONTWANT, and must not be able to make them
/// fall into one bucket of a table.
/// </summary>
internal sealed class MessageIdComparer : IEqualityComparer<GossipMessageId>
{
    private readonly ulong _key;
    private readonly ulong _factor;

    public MessageIdComparer(IRandomSource random)
    {
        Span<byte> seed = stackalloc byte[16];
        random.Fill(seed);
        _key = BinaryPrimitives.ReadUInt64LittleEndian(seed);
        _factor = BinaryPrimitives.ReadUInt64LittleEndian(seed[8..]) | 1;
    }

    public bool Equals(GossipMessageId x, GossipMessageId y) => x.Equals(y);

    public int GetHashCode(GossipMessageId obj)
    {
        // A hash wraps around by nature.
        unchecked
        {
            ReadOnlySpan<byte> rest = obj.Bytes;
            ulong hash = _key ^ (ulong)rest.Length;
            for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            {
                hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest));
            }

            foreach (byte value in rest)
            {
                hash = Mix(hash ^ value);
            }

            return (int)(hash >> 32);
        }
    }

    private ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, _factor, out ulong low);
        return high ^ low;
    }
}
