using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>Seeds of the draws: SHA-256(label || entropy || job || unit || attempt).</summary>
internal static class DrawSeed
{
    public static Hash256 Of(string label, Hash256 entropy, Hash256 jobId, ulong unit, ulong attempt)
    {
        byte[] numbers = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(numbers, unit);
        BinaryPrimitives.WriteUInt64BigEndian(numbers.AsSpan(8), attempt);
        return Hash256.Sha256([.. Encoding.ASCII.GetBytes(label), .. entropy.ToArray(), .. jobId.ToArray(), .. numbers]);
    }
}
