using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// Says which scheduled operation of which lease a bound ticket was drawn on. Everything that the ticket binds follows from it; whether the
/// lease is in force and the operation due is decided by the state of the block's parent (<see cref="Ledger.ILeaseView"/>). Immutable.
/// </summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The leased unit of the job.</param>
/// <param name="Attempt">Which lease of the unit.</param>
/// <param name="Step">The optimiser step, counted from the start of the job.</param>
/// <param name="Operation">The operation's index in the job's work plan.</param>
public sealed record BoundClaim(Hash256 JobId, ulong Unit, ulong Attempt, ulong Step, uint Operation)
{
    /// <summary>The lease: H("TW1/lease" || job || unit u64 || attempt u64), little-endian.</summary>
    public Hash256 LeaseId => LeaseIdOf(JobId, Unit, Attempt);

    /// <summary>What a certificate carries as its binding: H("TW1/bind" || lease id || job || step u64 || operation u32), little-endian.</summary>
    public Hash256 Binding
    {
        get
        {
            Span<byte> preimage = stackalloc byte[8 + (2 * Hash256.Size) + 12];
            "TW1/bind"u8.CopyTo(preimage);
            LeaseId.CopyTo(preimage[8..]);
            JobId.CopyTo(preimage[40..]);
            BinaryPrimitives.WriteUInt64LittleEndian(preimage[72..], Step);
            BinaryPrimitives.WriteUInt32LittleEndian(preimage[80..], Operation);
            return Hash256.Sha256(preimage);
        }
    }

    /// <summary>Names the operation whatever the lease, so that it is credited once: H("TW1/op" || job || step u64 || operation u32).</summary>
    public Hash256 Nullifier
    {
        get
        {
            Span<byte> preimage = stackalloc byte[6 + Hash256.Size + 12];
            "TW1/op"u8.CopyTo(preimage);
            JobId.CopyTo(preimage[6..]);
            BinaryPrimitives.WriteUInt64LittleEndian(preimage[38..], Step);
            BinaryPrimitives.WriteUInt32LittleEndian(preimage[46..], Operation);
            return Hash256.Sha256(preimage);
        }
    }

    /// <summary>The id of a lease.</summary>
    public static Hash256 LeaseIdOf(Hash256 jobId, ulong unit, ulong attempt)
    {
        Span<byte> preimage = stackalloc byte[9 + Hash256.Size + 16];
        "TW1/lease"u8.CopyTo(preimage);
        jobId.CopyTo(preimage[9..]);
        BinaryPrimitives.WriteUInt64LittleEndian(preimage[41..], unit);
        BinaryPrimitives.WriteUInt64LittleEndian(preimage[49..], attempt);
        return Hash256.Sha256(preimage);
    }

    /// <summary>Writes a claim as a list; no claim is the empty list.</summary>
    internal static void Write(RlpWriter writer, BoundClaim? claim)
    {
        writer.BeginList();
        if (claim is not null)
        {
            writer.Write(claim.JobId).Write(claim.Unit).Write(claim.Attempt).Write(claim.Step).Write((ulong)claim.Operation);
        }

        writer.EndList();
    }

    /// <summary>Reads a claim or an empty list.</summary>
    internal static BoundClaim? Read(ref RlpReader outer, out bool complete)
    {
        RlpReader items = outer.ReadList();
        BoundClaim? claim = items.AtEnd
            ? null
            : new BoundClaim(items.ReadHash(), items.ReadUInt64(), items.ReadUInt64(), items.ReadUInt64(), (uint)items.ReadUInt64(uint.MaxValue));
        complete = items.TryFinish();
        return claim;
    }
}
