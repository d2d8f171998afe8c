using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>Reads jobs, units and leases from any state. Pure functions; as thread-safe as the state that they are given.</summary>
public static class JobLedger
{
    /// <summary>Most jobs that can be open at one time; bounds the work at the end of every block.</summary>
    public const int MaxOpenJobs = 64;

    internal const string Module = "jobs";

    private static StateKey OpenKey => StateKey.Create(Module, "open", []);

    /// <summary>The account that holds a job's escrow. It has no key: only the job module moves its coins.</summary>
    public static Address EscrowAccount(Hash256 jobId) => Address.ForModule(Module, jobId.ToArray());

    /// <summary>The job, or null.</summary>
    public static JobState? GetJob(IStateReader state, Hash256 jobId) =>
        state.GetRecord(JobKey(jobId)) is { } record ? JobState.Decode(record) : null;

    /// <summary>The unit, or null if it was never leased.</summary>
    public static UnitState? GetUnit(IStateReader state, Hash256 jobId, ulong unit) =>
        state.GetRecord(UnitKey(jobId, unit)) is { } record ? UnitState.Decode(record) : null;

    /// <summary>A job's convictions in the order in which they were reached.</summary>
    public static IReadOnlyList<Conviction> Convictions(IStateReader state, Hash256 jobId) =>
        Convictions(state, jobId, GetJob(state, jobId)?.Convictions ?? 0);

    /// <summary>The first convictions of a job.</summary>
    internal static IReadOnlyList<Conviction> Convictions(IStateReader state, Hash256 jobId, ulong count)
    {
        List<Conviction> convictions = [];
        for (ulong index = 0; index < count; index++)
        {
            byte[] record = state.GetRecord(ConvictionKey(jobId, index)) ?? throw new EconomicsException($"Conviction {index} of job {jobId} is missing.");
            convictions.Add(Conviction.Decode(record));
        }

        return convictions;
    }

    /// <summary>Ids of the open jobs in the order of submission.</summary>
    public static IReadOnlyList<Hash256> OpenJobs(IStateReader state)
    {
        if (state.GetRecord(OpenKey) is not { } record)
        {
            return [];
        }

        RlpReader outer = new(record);
        RlpReader ids = outer.ReadList();
        List<Hash256> jobs = [];
        while (!ids.AtEnd && !ids.Failed)
        {
            jobs.Add(ids.ReadHash());
        }

        return outer.TryFinish() && ids.TryFinish() ? jobs : throw new EconomicsException("The list of open jobs cannot be read.");
    }

    /// <summary>The units of the current round of a job, in unit order; empty while the round is not leased.</summary>
    public static IReadOnlyList<UnitState> CurrentRound(IStateReader state, JobState job) =>
        job.IsOpen && job.RoundLeased ? Round(state, job.Manifest, job.Round) : [];

    /// <summary>The units of a leased round in unit order.</summary>
    public static IReadOnlyList<UnitState> Round(IStateReader state, JobManifest manifest, ulong round) => [.. Units(state, manifest, round)];

    /// <summary>The leases of a worker that are in force and not fulfilled, in job and unit order.</summary>
    public static IReadOnlyList<Lease> LeasesOf(IStateReader state, Address worker)
    {
        List<Lease> leases = [];
        foreach (Hash256 jobId in OpenJobs(state))
        {
            JobState job = GetJob(state, jobId) ?? throw new EconomicsException($"Open job {jobId} is missing.");
            leases.AddRange(CurrentRound(state, job).Where(unit => unit.Phase == UnitPhase.Leased && unit.Lease.Worker == worker).Select(unit => unit.Lease));
        }

        return leases;
    }

    /// <summary>The units for whose audit an account is drawn and that wait for it: for its commitment, or for its opening.</summary>
    public static IReadOnlyList<UnitState> AuditsOf(IStateReader state, Address auditor)
    {
        List<UnitState> duties = [];
        foreach (Hash256 jobId in OpenJobs(state))
        {
            JobState job = GetJob(state, jobId) ?? throw new EconomicsException($"Open job {jobId} is missing.");
            duties.AddRange(CurrentRound(state, job).Where(unit => IsAwaited(unit, auditor)));
        }

        return duties;
    }

    /// <summary>
    /// What the records of the next round must name as their inputs: SHA-256("PoUW/round-inputs" || end roots in unit order).
    /// </summary>
    public static Hash256 DigestOf(IEnumerable<Hash256> endRoots)
    {
        List<byte> preimage = [.. "PoUW/round-inputs"u8];
        foreach (Hash256 root in endRoots)
        {
            preimage.AddRange(root.ToArray());
        }

        return Hash256.Sha256(preimage.ToArray());
    }

    private static bool IsAwaited(UnitState unit, Address auditor)
    {
        AuditorState? own = unit.Auditors.FirstOrDefault(drawn => drawn.Auditor == auditor);
        return (unit.Phase, own) switch
        {
            (UnitPhase.AuditCommit, { Commitment.IsZero: true }) => true,
            (UnitPhase.AuditReveal, { Commitment.IsZero: false, Reveal: null }) => true,
            _ => false,
        };
    }

    /// <summary>The units of a leased round in unit order, each read when it is asked for.</summary>
    internal static IEnumerable<UnitState> Units(IStateReader state, JobManifest manifest, ulong round)
    {
        Hash256 jobId = manifest.JobId;
        ulong first = manifest.FirstUnit(round);
        for (ulong unit = first; unit < first + manifest.UnitsInRound(round); unit++)
        {
            yield return GetUnit(state, jobId, unit) ?? throw new EconomicsException($"Unit {unit} of a leased round is missing.");
        }
    }

    internal static void SetJob(IStateWriter state, Hash256 jobId, JobState job) => state.SetRecord(JobKey(jobId), job.Encode());

    internal static void SetUnit(IStateWriter state, UnitState unit) =>
        state.SetRecord(UnitKey(unit.Lease.JobId, unit.Lease.Unit), unit.Encode());

    internal static void AddConviction(IStateWriter state, ulong index, Conviction conviction) =>
        state.SetRecord(ConvictionKey(conviction.JobId, index), conviction.Encode());

    internal static void SetOpenJobs(IStateWriter state, IReadOnlyList<Hash256> jobs)
    {
        RlpWriter writer = new RlpWriter().BeginList();
        foreach (Hash256 job in jobs)
        {
            writer.Write(job);
        }

        state.SetRecord(OpenKey, writer.EndList().Finish());
    }

    private static StateKey JobKey(Hash256 jobId) => StateKey.Create(Module, "job", jobId.ToArray());

    private static StateKey UnitKey(Hash256 jobId, ulong unit) => NumberedKey("unit", jobId, unit);

    private static StateKey ConvictionKey(Hash256 jobId, ulong index) => NumberedKey("conviction", jobId, index);

    private static StateKey NumberedKey(string kind, Hash256 jobId, ulong number)
    {
        byte[] id = new byte[Hash256.Size + 8];
        jobId.CopyTo(id);
        BinaryPrimitives.WriteUInt64BigEndian(id.AsSpan(Hash256.Size), number);
        return StateKey.Create(Module, kind, id);
    }
}
