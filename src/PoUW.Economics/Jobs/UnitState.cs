using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>A unit's record in the state: its current lease and, once committed, what the worker committed.</summary>
/// <param name="Lease">The lease in force, or the one that was fulfilled.</param>
/// <param name="Record">The committed record, or null.</param>
/// <param name="CommittedHeight">The block that holds the record; 0 while there is none.</param>
public sealed record UnitState(Lease Lease, UnitRecord? Record, ulong CommittedHeight)
{
    internal byte[] Encode() => new RlpWriter().BeginList()
        .Write(Lease.JobId).Write(Lease.Unit).Write(Lease.Attempt).Write(Lease.Worker).Write(Lease.StartHeight).Write(Lease.ExpiryHeight)
        .Write(Record is null ? [] : Record.Encode()).Write(CommittedHeight).EndList().ToArray();

    internal static UnitState Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        Hash256 jobId = fields.ReadHash();
        (ulong unit, ulong attempt) = (fields.ReadUInt64(), fields.ReadUInt64());
        Address worker = fields.ReadAddress();
        Lease lease = new(jobId, unit, attempt, worker, fields.ReadUInt64(), fields.ReadUInt64());
        ReadOnlySpan<byte> committed = fields.ReadBytes(UnitRecord.MaxEncodedBytes);
        UnitRecord? record = null;
        bool recordIsValid = committed.IsEmpty || UnitRecord.TryDecode(committed, out record).IsValid;
        ulong height = fields.ReadUInt64();
        return recordIsValid && outer.TryFinish() && fields.TryFinish()
            ? new UnitState(lease, record, height)
            : throw new EconomicsException("A unit record in the state cannot be read.");
    }
}
