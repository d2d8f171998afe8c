using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Economics.TileWork;

/// <summary>The record of a lease whose operations may be claimed by bound tickets. Immutable.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit's number in the job.</param>
/// <param name="Attempt">Which lease of the unit.</param>
/// <param name="Worker">Who holds it, and alone may claim.</param>
/// <param name="GrantedHeight">The block whose execution granted it.</param>
/// <param name="ExpiryHeight">The last block that may claim.</param>
/// <param name="FirstStep">The unit's first step, counted from the start of the job.</param>
/// <param name="Steps">Number of steps of the unit.</param>
/// <param name="Schedule">When which operation is due.</param>
/// <param name="Macs">Padded multiply-accumulates of the whole unit.</param>
/// <param name="Burn">What was burned for them; zero in the commons lane.</param>
/// <param name="Lane">What backs the tickets.</param>
/// <param name="Status">Where the lease is.</param>
public sealed record WorkLease(
    Hash256 JobId, ulong Unit, ulong Attempt, Address Worker, ulong GrantedHeight, ulong ExpiryHeight, ulong FirstStep, ulong Steps,
    WorkSchedule Schedule, ulong Macs, Amount Burn, WorkLane Lane, WorkLeaseStatus Status)
{
    /// <summary>Names the lease in tickets.</summary>
    public Hash256 Id => BoundClaim.LeaseIdOf(JobId, Unit, Attempt);

    /// <summary>True if a step of the job, counted from its start, belongs to the unit.</summary>
    public bool HasStep(ulong step) => step >= FirstStep && step - FirstStep < Steps;

    internal byte[] Encode() => new RlpWriter().BeginList()
        .Write(JobId).Write(Unit).Write(Attempt).Write(Worker).Write(GrantedHeight).Write(ExpiryHeight).Write(FirstStep).Write(Steps)
        .Write(Schedule.StartMs).Write(Schedule.MacsPerSecond).Write(Schedule.LeadMs).Write(Macs).Write(Burn).Write((ulong)Lane).Write((ulong)Status)
        .EndList().Finish();

    internal static WorkLease Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        WorkLease read = new(
            fields.ReadHash(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadAddress(), fields.ReadUInt64(), fields.ReadUInt64(),
            fields.ReadUInt64(), fields.ReadUInt64(), new WorkSchedule(fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadUInt64()),
            fields.ReadUInt64(), fields.ReadAmount(), (WorkLane)fields.ReadUInt64(byte.MaxValue), (WorkLeaseStatus)fields.ReadUInt64(byte.MaxValue));
        return outer.TryFinish() && fields.TryFinish() ? read : throw new EconomicsException("A work lease in the state cannot be read.");
    }
}
