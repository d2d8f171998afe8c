using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>What an audit found.</summary>
/// <param name="Digest">The digest of record and wins that more than half of the drawn auditors found.</param>
/// <param name="Verdict">The worker's offence, or null if its record is right and its state available.</param>
/// <param name="Majority">Auditors that found the digest, in the order in which they were drawn.</param>
/// <param name="Minority">Auditors that opened another digest.</param>
internal sealed record Judgement(Hash256 Digest, Offence? Verdict, IReadOnlyList<Address> Majority, IReadOnlyList<AuditorState> Minority)
{
    /// <summary>The judgement on a unit, or null if no digest has more than half of the drawn auditors behind it.</summary>
    public static Judgement? Of(UnitState unit)
    {
        List<AuditorState> opened = [.. unit.Auditors.Where(auditor => auditor.Reveal is not null)];
        foreach (Hash256 digest in opened.Select(auditor => auditor.Reveal!.RecordDigest).Distinct())
        {
            List<AuditorState> behind = [.. opened.Where(auditor => auditor.Reveal!.RecordDigest == digest)];
            if (behind.Count * 2 > unit.Auditors.Count)
            {
                return new Judgement(
                    digest, OffenceOf(unit, digest, behind), [.. behind.Select(auditor => auditor.Auditor)], [.. opened.Except(behind)]);
            }
        }

        return null;
    }

    private static Offence? OffenceOf(UnitState unit, Hash256 digest, List<AuditorState> behind)
    {
        if (unit.AuditDigest != digest)
        {
            return Offence.FalseRecord;
        }

        // Like a digest, an absence convicts only with more than half of the drawn auditors behind it: a tie among those who spoke is no proof,
        // and those who are silent must not weigh against the worker.
        int absent = behind.Count(auditor => !auditor.Reveal!.Available);
        return absent * 2 <= unit.Auditors.Count ? null : Offence.WithheldState;
    }
}
