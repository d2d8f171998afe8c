using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Economics.Jobs;
using PoUW.Sdk.Nodes;
using TrainOnNetwork.HtmlReport;

namespace TrainOnNetwork;

/// <summary>Fills the HTML report from the client's own chain.</summary>
internal sealed class ReportPage(Report report, RunLog log, SampleNetwork network)
{
    private readonly IStateReader _state = network.Client.View.State;
    private readonly IReadOnlyList<UnitState> _units = [.. AllUnits(report, network)];

    public RunReport Build() => new()
    {
        Title = "Training on the network",
        Created = TimeProvider.System.GetUtcNow(),
        TestAccuracy = report.Test.Accuracy,
        TestNote = $"{report.Test.Correct} of {report.Test.Samples} test images",
        WeightsHash = report.Model.WeightsHash.ToString(),
        Summary = Summary(),
        Curve = log.Points,
        Units = [.. _units.SelectMany(Cells)],
        Payments = [.. network.Nodes.Select(Payments)],
        Convictions = [.. report.Convictions.Select(Evidence)],
        Blocks = [.. report.BlocksByProducer.Select(entry => new ProducerBlocks(entry.Key, entry.Value))],
        Restarts = [.. report.Restarts.Select(restart => new NodeRestart(restart.Node, restart.HeightDown, restart.HeightUp))],
        Supply = new SupplyEquation(
            report.Minted.ToString(), report.BurnedInAll.ToString(), report.Supply.ToString(),
            [.. report.Balances.Select(entry => new ReportField(entry.Key, entry.Value.ToString()))]),
    };

    private List<ReportField> Summary() =>
    [
        new("job", $"{report.Job.Status}, {report.Job.Manifest.UnitCount} units in {report.Job.Manifest.RoundCount} rounds"),
        new("chain", $"height {report.Height}, finalized {report.Finalized}"),
        new("escrow", $"{report.Job.Escrow} = paid {report.Job.Paid} + burned {report.Job.Burned} + refunded {report.Job.Refunded}"),
        new(
            "bound work",
            $"{report.Work.Blocks} blocks on {report.Work.Leases} leases; bonuses {report.Work.Bonuses}, {report.Work.Vesting} to come; "
            + $"burned {report.Work.Burned} of the escrow"),
        new("audits", $"{report.Job.Audits} verdicts, {report.Job.Convictions} convictions, {report.Slashed} coins slashed"),
        new("seed", $"{report.Options.Seed}"),
        new("time", FormattableString.Invariant($"{report.Time.TotalSeconds:F1} s")),
    ];

    private static IEnumerable<UnitState> AllUnits(Report report, SampleNetwork network)
    {
        for (ulong round = 0; round < report.Job.Round; round++)
        {
            foreach (UnitState unit in JobLedger.Round(network.Client.View.State, report.Job.Manifest, round))
            {
                yield return unit;
            }
        }
    }

    private IEnumerable<UnitCell> Cells(UnitState unit)
    {
        int round = (int)(unit.Lease.Unit / report.Job.Manifest.UnitsPerRound);
        int number = (int)unit.Lease.Unit;
        for (ulong attempt = 0; attempt < unit.Lease.Attempt; attempt++)
        {
            Conviction? lie = report.Convictions.FirstOrDefault(conviction =>
                conviction.Unit == unit.Lease.Unit && conviction.Attempt == attempt && conviction.Offence != Offence.FalseVerdict);
            string worker = lie is null ? "unknown" : network.NameOf(lie.Offender);
            LeaseOutcome outcome = lie?.Offence switch
            {
                Offence.FalseRecord or Offence.OutOfBounds => LeaseOutcome.Convicted,
                Offence.WithheldState => LeaseOutcome.Withheld,
                _ => LeaseOutcome.Expired,
            };
            yield return new UnitCell(round, number, (int)attempt, worker, outcome, $"unit {number}, attempt {attempt}: {outcome}, {worker}");
        }

        string last = network.NameOf(unit.Lease.Worker);
        yield return new UnitCell(
            round, number, (int)unit.Lease.Attempt, last, LeaseOutcome.Accepted, $"unit {number}: accepted, {last}, height {unit.CommittedHeight}");
    }

    private PaymentRow Payments(PouwNode node)
    {
        Amount price = report.Job.Manifest.UnitPrice;
        Amount wage = price - price.Scale(network.Parameters.JobBurnBasisPoints, 10_000);
        ulong units = (ulong)_units.Count(unit => unit.Lease.Worker == node.Address);
        ulong audits = (ulong)_units.Sum(unit => unit.Auditors.Count(auditor =>
            auditor.Auditor == node.Address && auditor.Reveal?.RecordDigest == unit.AuditDigest));
        Amount slashed = report.Convictions.Where(conviction => conviction.Offender == node.Address)
            .Aggregate(Amount.Zero, (sum, conviction) => sum + conviction.Slashed);
        Amount rewards = (SubsidySplit.BaseShare(network.Parameters) * (ulong)report.BlocksByProducer.GetValueOrDefault(node.Name))
            + report.Work.BonusesOf(node.Address);
        string role = node.Worker is not null ? "worker" : node.Auditor is not null ? "validator" : "client";
        return new PaymentRow(
            node.Name, role, (wage * units).ToString(), (report.Job.Manifest.AuditFee * audits).ToString(), rewards.ToString(), slashed.ToString(),
            _state.GetAccount(node.Address).Balance.ToString());
    }

    private ConvictionRow Evidence(Conviction conviction) => new(
        network.NameOf(conviction.Offender), (int)(conviction.Unit / report.Job.Manifest.UnitsPerRound), (int)conviction.Unit, (int)conviction.Attempt,
        InWords(conviction.Offence), conviction.Claimed.ToString(), conviction.Found.ToString(), [.. conviction.Provers.Select(network.NameOf)],
        conviction.Height, conviction.Slashed.ToString(), string.Join(", ", Transactions(conviction)));

    private static string InWords(Offence offence) => offence switch
    {
        Offence.FalseRecord => "committed a record that the unit does not give",
        Offence.WithheldState => "committed a right record, but nobody could fetch the state that it names",
        Offence.OutOfBounds => "committed a state that is outside the bounds around the replays of most of its auditors",
        _ => "opened another verdict than the majority of the auditors",
    };

    /// <summary>The transactions that hold the lie and what proves it: the record, and the opened verdicts on it.</summary>
    private IEnumerable<string> Transactions(Conviction conviction)
    {
        for (ulong height = 1; height <= conviction.Height; height++)
        {
            foreach (Transaction transaction in network.Client.Chain.GetBlockByHeight(height)!.Transactions)
            {
                if (IsAbout(transaction, conviction))
                {
                    yield return $"{transaction.Body.Kind} {transaction.Id.ToShortString()}";
                }
            }
        }
    }

    private static bool IsAbout(Transaction transaction, Conviction conviction)
    {
        ReadOnlySpan<byte> payload = transaction.Body.Payload.Span;
        return transaction.Body.Kind switch
        {
            TransactionKind.CommitUnit => UnitRecord.TryDecode(payload, out UnitRecord? record).IsValid
                && record!.JobId == conviction.JobId && record.Unit == conviction.Unit && record.Attempt == conviction.Attempt,
            TransactionKind.RevealAudit => AuditReveal.TryDecode(payload, out AuditReveal? reveal).IsValid
                && reveal!.JobId == conviction.JobId && reveal.Unit == conviction.Unit && reveal.Attempt == conviction.Attempt,
            _ => false,
        };
    }
}
