using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Economics.TileWork;

/// <summary>
/// What auditors open for a unit whose operations won blocks: one digest over the record and over the operands of the winning operations,
/// which they find in their replay. So tickets on other operands than the scheduled ones are found out by the same majority as a false record.
/// Pure functions.
/// </summary>
public static class WorkDigests
{
    /// <summary>
    /// SHA-256("PoUW/work-digest" || for each win in order: step u64 || operation u32 || operands), little-endian; zero without wins.
    /// </summary>
    public static Hash256 Of(IEnumerable<(ulong Step, uint Operation, Hash256 Operands)> wins)
    {
        List<byte> preimage = [];
        Span<byte> numbers = stackalloc byte[12];
        foreach ((ulong step, uint operation, Hash256 operands) in wins)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(numbers, step);
            BinaryPrimitives.WriteUInt32LittleEndian(numbers[8..], operation);
            preimage.AddRange(numbers);
            preimage.AddRange(operands.ToArray());
        }

        return preimage.Count == 0 ? Hash256.Zero : Hash256.Sha256([.. "PoUW/work-digest"u8, .. preimage]);
    }

    /// <summary>
    /// What auditors agree on: the record's digest if there were no wins, else SHA-256("PoUW/unit-and-work" || record digest || work digest).
    /// </summary>
    public static Hash256 Audit(Hash256 recordDigest, Hash256 workDigest) => workDigest.IsZero
        ? recordDigest
        : Hash256.Sha256([.. "PoUW/unit-and-work"u8, .. recordDigest.ToArray(), .. workDigest.ToArray()]);
}
