using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>
/// A job of lane T and one of an exact lane with the same accounts, in random order: records, votes of all kinds, silence, enrolments that come and
/// go, unstaking, bans, restarts, closing. Whatever happens, each escrow closes exactly once and no coin appears or vanishes.
/// </summary>
[TestFixture]
public sealed class ToleranceInterleavingTests
{
    private const int Workers = 3;
    private const int Validators = 5;

    [Test]
    public void Escrow_closes_exactly_once_and_every_kind_of_ending_occurs()
    {
        HashSet<JobStatus> endings = [];
        HashSet<Offence> offences = [];
        int accepted = 0;
        int givenUp = 0;
        for (int seed = 0; seed < 28; seed++)
        {
            Run run = new(seed);
            run.Finish();
            endings.Add(run.Ledger.Job(run.Tolerance).Status);
            offences.UnionWith(JobLedger.Convictions(run.Ledger.State, run.Tolerance).Select(conviction => conviction.Offence));
            accepted += run.AcceptedUnits;
            givenUp += run.GivenUp;
        }

        Assert.That(endings, Is.EquivalentTo(new[] { JobStatus.Completed, JobStatus.Cancelled, JobStatus.TimedOut }));
        Assert.That(offences, Is.EquivalentTo(new[] { Offence.OutOfBounds, Offence.WithheldState }), "nobody is convicted of anything else in lane T");
        Assert.That(accepted, Is.GreaterThan(50));
        Assert.That(givenUp, Is.GreaterThan(0));
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly Hash256 _exact;
        private readonly bool _splits;

        public Run(int seed)
        {
            _random = new Random(seed);
            _splits = seed % 4 == 0;
            Ledger = new LedgerHarness(Workers, Validators);
            Ledger.EnrolAll();
            JobManifest manifest = LedgerHarness.ToleranceManifest(steps: 6, perUnit: 1, perRound: 3, auditRate: 4_000 + ((ulong)(seed % 4) * 2_000)) with
            {
                DeadlineBlocks = 20 + ((ulong)(seed % 5) * 100),
            };
            Tolerance = Ledger.Submit(manifest);
            _exact = Ledger.Submit(LedgerHarness.Manifest(steps: 8, perUnit: 1, perRound: 2, auditRate: 5_000) with { DeadlineBlocks = 60 });
        }

        public LedgerHarness Ledger { get; }

        public Hash256 Tolerance { get; }

        public int AcceptedUnits { get; private set; }

        public int GivenUp { get; private set; }

        public void Finish()
        {
            Dictionary<Hash256, int> endings = new() { [Tolerance] = 0, [_exact] = 0 };
            for (int i = 0; i < 2_000 && JobLedger.OpenJobs(Ledger.State).Count > 0; i++)
            {
                Hash256 job = _random.Next(3) == 0 ? _exact : Tolerance;
                JobState[] before = [Ledger.Job(Tolerance), Ledger.Job(_exact)];
                Step(job);
                foreach (JobState old in before)
                {
                    JobState now = Ledger.Job(old.Manifest.JobId);
                    endings[old.Manifest.JobId] += old.IsOpen && !now.IsOpen ? 1 : 0;
                    Assert.That(old.IsOpen || now == old, Is.True, "what is closed stays as it is");
                    AssertEscrow(now);
                }

                Ledger.AssertConservation(Tolerance, _exact);
            }

            Assert.That(endings.Values, Is.All.EqualTo(1));
            Assert.That(new[] { Tolerance, _exact }.Select(job => Ledger.Balance(JobLedger.EscrowAccount(job))), Is.All.EqualTo(Amount.Zero));
        }

        private void AssertEscrow(JobState job)
        {
            Amount held = Ledger.Balance(JobLedger.EscrowAccount(job.Manifest.JobId));
            Assert.That(job.Paid + job.Burned + job.Refunded + held, Is.EqualTo(job.Escrow));
        }

        private void Step(Hash256 job)
        {
            IReadOnlyList<UnitState> units = JobLedger.CurrentRound(Ledger.State, Ledger.Job(job));
            UnitState? unit = units.Count == 0 ? null : units[_random.Next(units.Count)];
            switch (_random.Next(100))
            {
                case < 25:
                    EndBlock();
                    break;
                case 25:
                    Ledger.Restart();
                    break;
                case 26 when _random.Next(8) == 0:
                    Ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(job).Encode());
                    break;
                case < 30:
                    ChangeEnrolment();
                    break;
                case 30 when _random.Next(3) == 0:
                    Ledger.Execute(Anyone(), TransactionKind.Unstake, new UnstakePayload(Amount.FromCoins(30)).Encode());
                    break;
                case 31 when _random.Next(3) == 0:
                    BlockContext block = new(Ledger.Height, 0, Hash256.Zero, Hash256.Zero, Anyone(), Hash256.Zero, 0, null, Ledger.Parameters);
                    Ledger.Stakes.SlashEquivocation(Ledger.Writer, block, LedgerHarness.Worker(_random.Next(Workers)), LedgerHarness.Validator(0));
                    break;
                default:
                    Answer(unit);
                    break;
            }
        }

        private void EndBlock()
        {
            UnitState[] before = [.. JobLedger.CurrentRound(Ledger.State, Ledger.Job(Tolerance))];
            ulong convictions = Ledger.Job(Tolerance).Convictions;
            Ledger.EndBlock();
            foreach (UnitState unit in before)
            {
                UnitState now = Ledger.Unit(Tolerance, unit.Lease.Unit);
                AcceptedUnits += now.IsAccepted && !unit.IsAccepted ? 1 : 0;
                bool released = unit.Phase == UnitPhase.AuditReveal && now.Phase == UnitPhase.Leased;
                GivenUp += released && Ledger.Job(Tolerance).Convictions == convictions ? 1 : 0;
            }
        }

        private void ChangeEnrolment()
        {
            Address account = Anyone();
            StakeRoles roles = Ledger.Stake(account).Roles;
            Hash256[]? classes = _random.Next(4) switch { 0 => [], 1 => null, _ => [LedgerHarness.Class] };
            Ledger.Execute(
                account, TransactionKind.Stake, new StakePayload(roles == StakeRoles.None ? StakeRoles.Worker : roles, Amount.Zero, classes).Encode());
        }

        private Address Anyone()
        {
            int number = _random.Next(Workers + Validators);
            return number < Workers ? LedgerHarness.Worker(number) : LedgerHarness.Validator(number - Workers);
        }

        private void Answer(UnitState? unit)
        {
            switch (unit?.Phase)
            {
                case UnitPhase.Leased:
                    Ledger.Commit(unit.Lease);
                    break;
                case UnitPhase.AuditCommit or UnitPhase.AuditReveal:
                    int place = _random.Next(unit.Auditors.Count);
                    AuditorState auditor = unit.Auditors[place];
                    AuditReveal reveal = RevealOf(unit, auditor.Auditor, place);
                    _ = unit.Phase == UnitPhase.AuditCommit ? Ledger.CommitAudit(reveal, auditor.Auditor) : Ledger.RevealAudit(reveal, auditor.Auditor);
                    break;
            }
        }

        /// <summary>A function of unit and auditor, so that openings fit their commitments: some units are lies, some are split, some withheld.</summary>
        private AuditReveal RevealOf(UnitState unit, Address auditor, int place)
        {
            int kind = unit.AuditDigest.ToArray()[0] % 8;
            bool outside = kind == 0 || (_splits && place == 1);
            bool available = kind != 1 && !(_splits && place == 2);
            Hash256 digest = unit.AuditDigest;
            bool isTolerance = unit.Lease.JobId == Tolerance;
            return Ledger.RevealOf(unit, auditor, isTolerance && outside && available ? AuditReveal.OutOfBounds(digest) : digest, available);
        }
    }
}
