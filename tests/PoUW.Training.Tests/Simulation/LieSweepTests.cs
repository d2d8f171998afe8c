using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Simulation.Faults;
using PoUW.Training.Aggregation;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Economics;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Simulation;

/// <summary>
/// Every kind of lie with twenty seeds, on the real ledger rules with real training and real replays, without a network: the liar is
/// convicted each time, nobody else loses stake, no coin appears or vanishes, and the model is the one that honest workers train.
/// </summary>
[TestFixture]
public sealed class LieSweepTests
{
    private const int Seeds = 20;
    private const int MaxBlocks = 200;

    [Test]
    public void Every_lie_is_convicted_in_every_seed([Values] LieKind kind)
    {
        Hash256 honest = new Run(null).Play();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            Run run = new(new LyingRunner(kind, seed));
            Assert.That(run.Play(), Is.EqualTo(honest), $"seed {seed}: the weights");
            run.AssertOnlyTheLiarPaid(seed);
        }
    }

    private sealed class Run
    {
        private static readonly Address Liar = LedgerHarness.Worker(0);

        private readonly LedgerHarness _ledger = new(workers: 3, validators: 4);
        private readonly JobManifest _manifest = TestJob.Manifest(LedgerHarness.Client, steps: 12, perUnit: 2, perRound: 3, auditors: 3);
        private readonly HonestRunner _honest = new();
        private readonly IUnitRunner _liar;
        private readonly bool _lies;
        private readonly UnitExecutor _executor;
        private readonly Hash256 _job;
        private readonly Dictionary<ulong, UnitOutcome> _committed = [];
        private readonly Dictionary<ulong, ModelState> _accepted = [];
        private ModelState _start;
        private ulong _round;

        public Run(LyingRunner? liar)
        {
            (_lies, _liar) = (liar is not null, liar is null ? _honest : liar);
            _executor = TestJob.Executor(_manifest);
            _start = _executor.InitialState(CancellationToken.None);
            _job = _ledger.Submit(_manifest);
        }

        /// <summary>Plays the job to its end and returns the root of its model.</summary>
        public Hash256 Play()
        {
            for (int block = 0; _ledger.Job(_job).IsOpen; block++)
            {
                Assert.That(block, Is.LessThan(MaxBlocks), "the job comes to an end");
                _ledger.EndBlock();
                FollowRound();
                foreach (UnitState unit in JobLedger.CurrentRound(_ledger.State, _ledger.Job(_job)))
                {
                    Act(unit);
                }
            }

            FollowRound();
            Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
            return _start.Root;
        }

        public void AssertOnlyTheLiarPaid(ulong seed)
        {
            IReadOnlyList<Conviction> convictions = JobLedger.Convictions(_ledger.State, _job);
            Assert.That(convictions, Is.Not.Empty, $"seed {seed}: a conviction");
            Assert.That(convictions.Select(conviction => conviction.Offender), Is.All.EqualTo(Liar), $"seed {seed}: the convicted");
            Assert.That(_ledger.Stake(Liar).Bonded, Is.LessThan(LedgerHarness.WorkerStake), $"seed {seed}: the liar's stake");
            foreach ((Address address, StakeAccount stake) in StakeLedger.All(_ledger.State).Where(entry => entry.Address != Liar))
            {
                bool whole = stake.Bonded == LedgerHarness.WorkerStake || stake.Bonded == LedgerHarness.ValidatorStake;
                Assert.That(whole && stake.BannedUntil == 0, Is.True, $"seed {seed}: the stake of {address}");
            }

            _ledger.AssertConservation(_job);
        }

        private void Act(UnitState unit)
        {
            switch (unit.Phase)
            {
                case UnitPhase.Leased:
                    IUnitRunner runner = _lies && unit.Lease.Worker == Liar ? _liar : _honest;
                    UnitOutcome outcome = runner.Run(_executor, _start, unit.Lease, _manifest, _ledger.Job(_job).InputsDigest, CancellationToken.None);
                    Assert.That(_ledger.Commit(unit.Lease, outcome.Record).Code, Is.EqualTo(ValidationCode.Ok));
                    _committed[unit.Lease.Unit] = outcome;
                    break;
                case UnitPhase.AuditCommit:
                    ForEachAuditor(unit, (reveal, auditor) => _ledger.CommitAudit(reveal, auditor));
                    break;
                case UnitPhase.AuditReveal:
                    ForEachAuditor(unit, (reveal, auditor) => _ledger.RevealAudit(reveal, auditor));
                    break;
            }
        }

        private void ForEachAuditor(UnitState unit, Func<AuditReveal, Address, ValidationResult> send)
        {
            ReplayedUnit replay = UnitReplay.Run(
                _manifest, _executor, _start, unit.Lease, _ledger.Job(_job).InputsDigest, CancellationToken.None);
            _accepted[unit.Lease.Unit] = replay.End;
            foreach (AuditorState auditor in unit.Auditors)
            {
                AuditReveal reveal = _ledger.RevealOf(unit, auditor.Auditor, replay.Record.Digest, _committed[unit.Lease.Unit].Publish);
                Assert.That(send(reveal, auditor.Auditor).Code, Is.EqualTo(ValidationCode.Ok));
            }
        }

        private void FollowRound()
        {
            if (_ledger.Job(_job).Round > _round)
            {
                ulong first = _manifest.FirstUnit(_round);
                ulong units = _manifest.UnitsInRound(_round);
                _start = StateMean.Of(AggregationRule.IntegerMean, [.. Enumerable.Range((int)first, (int)units).Select(unit => _accepted[(ulong)unit])]);
                _round++;
            }
        }
    }
}
