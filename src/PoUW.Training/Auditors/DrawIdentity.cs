using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Auditors;

/// <summary>
/// Names one draw of auditors, so that a draw which a reorganisation repeats at another height, or with other auditors, another record or other wins,
/// is a new one: SHA-256("PoUW/audit-draw" || digest under audit || committed height || end of the commit phase || auditors in order).
/// </summary>
internal static class DrawIdentity
{
    /// <summary>The draw of a unit in its commit phase.</summary>
    public static Hash256 Of(UnitState unit)
    {
        byte[] heights = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(heights, unit.CommittedHeight);
        BinaryPrimitives.WriteUInt64BigEndian(heights.AsSpan(8), unit.PhaseDeadline);
        IEnumerable<byte> auditors = unit.Auditors.SelectMany(static drawn => drawn.Auditor.ToArray());
        return Hash256.Sha256([.. "PoUW/audit-draw"u8, .. unit.AuditDigest.ToArray(), .. heights, .. auditors]);
    }
}
