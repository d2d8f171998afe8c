using System.Buffers.Binary;
using System.Numerics;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Draws accounts without replacement, each with a chance in proportion to its weight: draw i takes SHA-256(seed || i) modulo the sum of
/// the weights that are left. The modulo's bias is below 2^-100 for any sum that can occur.
/// </summary>
internal static class WeightedDraw
{
    public static IReadOnlyList<Address> Take(Hash256 seed, IEnumerable<(Address Address, UInt128 Weight)> candidates, int count)
    {
        List<(Address Address, UInt128 Weight)> left = [.. candidates.Where(candidate => candidate.Weight > 0)];
        List<Address> drawn = [];
        byte[] preimage = new byte[Hash256.Size + 4];
        seed.CopyTo(preimage);
        while (drawn.Count < count && left.Count > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(preimage.AsSpan(Hash256.Size), drawn.Count);
            int index = Pick(Hash256.Sha256(preimage), left);
            drawn.Add(left[index].Address);
            left.RemoveAt(index);
        }

        return drawn;
    }

    private static int Pick(Hash256 entropy, List<(Address Address, UInt128 Weight)> left)
    {
        BigInteger total = left.Aggregate(BigInteger.Zero, (sum, candidate) => sum + candidate.Weight);
        BigInteger point = new BigInteger(entropy.ToArray(), isUnsigned: true, isBigEndian: true) % total;
        int index = 0;
        while (point >= left[index].Weight)
        {
            point -= left[index].Weight;
            index++;
        }

        return index;
    }
}
