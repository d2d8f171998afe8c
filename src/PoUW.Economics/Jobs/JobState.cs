using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>A job's record in the state. <c>Escrow = Paid + Burned + Refunded + what the escrow account still holds</c>.</summary>
/// <param name="Manifest">The job's manifest.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="SubmittedHeight">The block that holds the submission.</param>
/// <param name="Round">The current round; equals the round count once all are done.</param>
/// <param name="RoundLeased">True once the current round's leases exist.</param>
/// <param name="AcceptedInRound">Units of the current round that are accepted.</param>
/// <param name="InputsDigest">Digest of the previous round's end roots; zero in round 0.</param>
/// <param name="Escrow">What the client put in.</param>
/// <param name="Paid">What workers and auditors received.</param>
/// <param name="Burned">What was destroyed.</param>
/// <param name="Refunded">What the client got back at the end.</param>
/// <param name="Audits">Verdicts that were reached.</param>
/// <param name="Convictions">Workers and auditors that were convicted.</param>
/// <param name="WakeHeight">
/// The first height at which the end of a block has something to do for the units; so a block does not read every unit of every job.
/// </param>
/// <param name="LeaseBurned">What was burned to open leases for bound tickets, as part of <paramref name="Burned"/>.</param>
public sealed record JobState(
    JobManifest Manifest, JobStatus Status, ulong SubmittedHeight, ulong Round, bool RoundLeased, ulong AcceptedInRound,
    Hash256 InputsDigest, Amount Escrow, Amount Paid, Amount Burned, Amount Refunded, ulong Audits, ulong Convictions, ulong WakeHeight,
    Amount LeaseBurned = default)
{
    /// <summary>The block in which the client closed the job; 0 if it did not.</summary>
    public ulong ClosingHeight { get; init; }

    /// <summary>True while units can still be committed.</summary>
    public bool IsOpen => Status is JobStatus.Active or JobStatus.Closing;

    /// <summary>The first height at which the job ends whatever its state.</summary>
    public ulong DeadlineHeight => SubmittedHeight + Manifest.DeadlineBlocks;

    /// <summary>The height of the closing is there only if the client closed the job: all others keep their bytes.</summary>
    internal byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(Manifest.Encode()).Write((ulong)Status).Write(SubmittedHeight).Write(Round).Write(RoundLeased ? 1UL : 0UL)
            .Write(AcceptedInRound).Write(InputsDigest).Write(Escrow).Write(Paid).Write(Burned).Write(Refunded).Write(Audits).Write(Convictions)
            .Write(WakeHeight).Write(LeaseBurned);
        return (ClosingHeight > 0 ? writer.Write(ClosingHeight) : writer).EndList().Finish();
    }

    internal static JobState Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        bool manifestIsValid = JobManifest.TryDecode(fields.ReadBytes(JobManifest.MaxEncodedBytes), out JobManifest? manifest).IsValid;
        JobStatus status = (JobStatus)fields.ReadUInt64((ulong)JobStatus.TimedOut);
        (ulong submitted, ulong round, ulong leased, ulong committed) =
            (fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64(1), fields.ReadUInt64());
        Hash256 digest = fields.ReadHash();
        (Amount escrow, Amount paid, Amount burned, Amount refunded) =
            (fields.ReadAmount(), fields.ReadAmount(), fields.ReadAmount(), fields.ReadAmount());
        (ulong audits, ulong convictions, ulong wake) = (fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64());
        Amount leaseBurned = fields.ReadAmount();
        bool wasClosed = !fields.AtEnd;
        ulong closing = wasClosed ? fields.ReadUInt64() : 0;
        return manifestIsValid && wasClosed == closing > 0 && outer.TryFinish() && fields.TryFinish()
            ? new JobState(
                manifest!, status, submitted, round, leased == 1, committed, digest, escrow, paid, burned, refunded, audits, convictions, wake, leaseBurned)
            {
                ClosingHeight = closing,
            }
            : throw new EconomicsException("A job record in the state cannot be read.");
    }
}
