using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>A unit's record in the state.</summary>
/// <param name="Lease">The lease in force, or the one that was fulfilled.</param>
/// <param name="Phase">Where the unit is.</param>
/// <param name="Record">The committed record; null while leased.</param>
/// <param name="CommittedHeight">The block that holds the record; 0 while there is none.</param>
/// <param name="PhaseDeadline">The last block of an audit phase; while it waits for another draw, the first block that may draw; else 0.</param>
/// <param name="Auditors">The drawn auditors in the order in which they were drawn; empty outside audits.</param>
/// <param name="WorkDigest">Digest of the blocks that the unit's operations won under the lease (<see cref="WorkDigests"/>); zero without any.</param>
public sealed record UnitState(
    Lease Lease, UnitPhase Phase, UnitRecord? Record, ulong CommittedHeight, ulong PhaseDeadline, IReadOnlyList<AuditorState> Auditors,
    Hash256 WorkDigest = default)
{
    /// <summary>A unit that was just leased.</summary>
    public static UnitState Leased(Lease lease) => new(lease, UnitPhase.Leased, null, 0, 0, []);

    /// <summary>What an auditor opens if the worker told the truth: the record's digest, joined with that of the wins; zero while leased.</summary>
    public Hash256 AuditDigest => Record is null ? Hash256.Zero : WorkDigests.Audit(Record.Digest, WorkDigest);

    /// <summary>True once the unit is accepted and paid.</summary>
    public bool IsAccepted => Phase == UnitPhase.Accepted;

    internal byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(Lease.JobId).Write(Lease.Unit).Write(Lease.Attempt).Write(Lease.Worker).Write(Lease.StartHeight).Write(Lease.ExpiryHeight)
            .Write((ulong)Phase).Write(Record is null ? [] : Record.Encode()).Write(CommittedHeight).Write(PhaseDeadline).BeginList();
        foreach (AuditorState auditor in Auditors)
        {
            writer.BeginList().Write(auditor.Auditor).Write(auditor.Commitment).Write(auditor.Reveal is null ? [] : auditor.Reveal.Encode()).EndList();
        }

        return writer.EndList().Write(WorkDigest).EndList().Finish();
    }

    internal static UnitState Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        Hash256 jobId = fields.ReadHash();
        (ulong unit, ulong attempt) = (fields.ReadUInt64(), fields.ReadUInt64());
        Address worker = fields.ReadAddress();
        Lease lease = new(jobId, unit, attempt, worker, fields.ReadUInt64(), fields.ReadUInt64());
        UnitPhase phase = (UnitPhase)fields.ReadUInt64((ulong)UnitPhase.Accepted);
        ReadOnlySpan<byte> committed = fields.ReadBytes(UnitRecord.MaxEncodedBytes);
        UnitRecord? record = null;
        bool recordIsValid = committed.IsEmpty || UnitRecord.TryDecode(committed, out record).IsValid;
        (ulong height, ulong deadline) = (fields.ReadUInt64(), fields.ReadUInt64());
        bool auditorsAreValid = ReadAuditors(fields.ReadList(), out List<AuditorState> auditors);
        Hash256 work = fields.ReadHash();
        return recordIsValid && auditorsAreValid && outer.TryFinish() && fields.TryFinish()
            ? new UnitState(lease, phase, record, height, deadline, auditors, work)
            : throw new EconomicsException("A unit record in the state cannot be read.");
    }

    private static bool ReadAuditors(RlpReader list, out List<AuditorState> auditors)
    {
        auditors = [];
        while (!list.AtEnd && !list.Failed)
        {
            RlpReader item = list.ReadList();
            Address address = item.ReadAddress();
            Hash256 commitment = item.ReadHash();
            ReadOnlySpan<byte> opened = item.ReadBytes(AuditReveal.MaxEncodedBytes);
            AuditReveal? reveal = null;
            if ((!opened.IsEmpty && !AuditReveal.TryDecode(opened, out reveal).IsValid) || !item.TryFinish())
            {
                return false;
            }

            auditors.Add(new AuditorState(address, commitment, reveal));
        }

        return list.TryFinish();
    }
}
