using System.Globalization;
using System.Text;
using System.Text.Json;
using PoUW.Core.Blocks;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using Spectre.Console;

namespace TrainOnNetwork;

/// <summary>What the run gave, read from the client's own chain.</summary>
internal sealed class Report
{
    private readonly SortedDictionary<string, int> _blocksByProducer = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Amount> _balances = new(StringComparer.Ordinal);

    private Report(JobState job, TrainedModel model, EvaluationResult test, TimeSpan time) => (Job, Model, Test, Time) = (job, model, test, time);

    public JobState Job { get; }

    public TrainedModel Model { get; }

    public EvaluationResult Test { get; }

    public TimeSpan Time { get; }

    public required TrainOptions Options { get; init; }

    public required IReadOnlyList<Conviction> Convictions { get; init; }

    public required IReadOnlyList<NodeRestarted> Restarts { get; init; }

    public required IReadOnlyList<string> Convicted { get; init; }

    public required BoundWork Work { get; init; }

    public ulong Height { get; private init; }

    public ulong Finalized { get; private init; }

    public Amount Supply { get; private init; }

    public Amount Minted { get; private init; }

    public Amount BurnedInAll { get; private init; }

    public IReadOnlyDictionary<string, int> BlocksByProducer => _blocksByProducer;

    public IReadOnlyDictionary<string, Amount> Balances => _balances;

    public Amount Slashed => Convictions.Aggregate(Amount.Zero, (sum, conviction) => sum + conviction.Slashed);

    private int Agreeing { get; init; }

    private int Nodes { get; init; }

    public static Report Create(
        TrainOptions options, SampleNetwork network, TrainingJob job, TrainedModel model, EvaluationResult test, TimeSpan time)
    {
        PoUW.Training.Ledger.LedgerView view = network.Client.View;
        JobState state = JobLedger.GetJob(view.State, job.Id) ?? throw new SampleException("The job is not in the state.");
        IReadOnlyList<Conviction> convictions = JobLedger.Convictions(view.State, job.Id);
        Report report = new(state, model, test, time)
        {
            Options = options,
            NameOf = network.NameOf,
            Convictions = convictions,
            Convicted = [.. convictions.Select(conviction => network.NameOf(conviction.Offender)).Distinct()],
            Restarts = [.. network.Restarts],
            Work = BoundWork.Read(network, state, job.Id, view.Height),
            Height = view.Height,
            Finalized = view.FinalizedHeight,
            Minted = view.State.Minted,
            BurnedInAll = view.State.Burned,
            Supply = view.State.Minted - view.State.Burned,
            Nodes = network.Nodes.Count,
            Agreeing = network.Nodes.Count(node => JobLedger.GetJob(node.View.State, job.Id) == state),
        };
        report.CountBlocks(network, view.Height);
        report.CheckSums(network, view.State, job.Id);
        return report;
    }

    public required Func<Address, string> NameOf { get; init; }

    public void Print(IAnsiConsole console, TrainOptions options, string modelPath, string reportPath, Warnings warnings)
    {
        foreach (string warning in warnings.Messages)
        {
            Console.Error.WriteLine(warning);
        }

        if (options.Json)
        {
            Console.Out.WriteLine(ToJson());
            return;
        }

        console.Write(ToTable(modelPath, reportPath));
    }

    private void CountBlocks(SampleNetwork network, ulong height)
    {
        for (ulong h = 1; h <= height; h++)
        {
            Block block = network.Client.Chain.GetBlockByHeight(h) ?? throw new SampleException($"Block {h} is missing.");
            string producer = network.NameOf(block.Header.Producer);
            _blocksByProducer[producer] = _blocksByProducer.GetValueOrDefault(producer) + 1;
        }
    }

    /// <summary>Paid, burned and refunded must make up the escrow, and the balances of all accounts the supply, to the base unit.</summary>
    private void CheckSums(SampleNetwork network, IStateReader state, Hash256 jobId)
    {
        Amount total = state.GetAccount(JobLedger.EscrowAccount(jobId)).Balance + state.GetAccount(StakeLedger.Vault).Balance;
        _balances["stakes"] = state.GetAccount(StakeLedger.Vault).Balance;
        foreach (PouwNode node in network.Nodes)
        {
            Amount balance = state.GetAccount(node.Address).Balance;
            _balances[node.Name] = balance;
            total += balance;
        }

        if (total != Supply)
        {
            throw new SampleException($"The balances add up to {total} coins, the supply is {Supply}.");
        }

        if (Job.Paid + Job.Burned + Job.Refunded != Job.Escrow)
        {
            throw new SampleException($"Paid {Job.Paid}, burned {Job.Burned} and refunded {Job.Refunded} do not make up the escrow {Job.Escrow}.");
        }
    }

    private string ToJson()
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("testAccuracy", Test.Accuracy);
            json.WriteString("weightsHash", Model.WeightsHash.ToString());
            json.WriteNumber("height", Height);
            json.WriteNumber("finalized", Finalized);
            json.WriteStartObject("blocksByProducer");
            foreach ((string producer, int blocks) in _blocksByProducer)
            {
                json.WriteNumber(producer, blocks);
            }

            json.WriteEndObject();
            json.WriteNumber("boundBlocks", Work.Blocks);
            json.WriteNumber("boundLeases", Work.Leases);
            json.WriteNumber("boundTickets", Work.BoundTickets);
            json.WriteNumber("trainingTickets", Work.TrainingTickets);
            json.WriteString("bonuses", Raw(Work.Bonuses));
            json.WriteString("vesting", Raw(Work.Vesting));
            json.WriteString("leaseBurned", Raw(Work.Burned));
            json.WriteNumber("units", Job.Manifest.UnitCount);
            json.WriteString("escrow", Raw(Job.Escrow));
            json.WriteString("paid", Raw(Job.Paid));
            json.WriteString("refunded", Raw(Job.Refunded));
            json.WriteString("burned", Raw(Job.Burned));
            json.WriteString("supply", Raw(Supply));
            json.WriteStartArray("convicted");
            foreach (string name in Convicted)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteString("slashed", Raw(Slashed));
            json.WriteNumber("audits", Job.Audits);
            json.WriteNumber("restarts", Restarts.Count);
            json.WriteNumber("seconds", Math.Round(Time.TotalSeconds, 1));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private Table ToTable(string modelPath, string reportPath)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title("Result").HideHeaders().AddColumns("", "");
        table.AddRow("test accuracy", $"[bold]{Test.Accuracy:P2}[/] ({Test.Correct} of {Test.Samples} images)");
        table.AddRow("weights hash", Model.WeightsHash.ToString());
        table.AddRow("job", $"{Job.Status}, {Job.Manifest.UnitCount} units in {Job.Manifest.RoundCount} rounds");
        table.AddRow("chain", $"height {Height}, finalized {Finalized}; {Agreeing} of {Nodes} nodes hold this result");
        table.AddRow("blocks", string.Join(", ", _blocksByProducer.Select(entry => $"{entry.Key} {entry.Value}")));
        table.AddRow(
            "bound work",
            $"{Work.Blocks} blocks on {Work.Leases} leases, {Work.BoundTickets} of {Work.TrainingTickets} training tickets; bonuses {Work.Bonuses}, "
            + $"{Work.Vesting} to come; burned {Work.Burned}");
        table.AddRow("escrow", $"{Job.Escrow} = paid {Job.Paid} + burned {Job.Burned} + refunded {Job.Refunded}");
        table.AddRow("balances", string.Join(", ", _balances.Select(entry => $"{entry.Key} {entry.Value}")));
        table.AddRow("supply", $"{Supply} = minted {Minted} - burned {BurnedInAll}");
        table.AddRow("audits", $"{Job.Audits} verdicts by {Job.Manifest.AuditorsPerUnit} auditors each, {Job.Convictions} convictions");
        foreach (Conviction conviction in Convictions)
        {
            table.AddRow("convicted", Markup.Escape(Describe(conviction)));
        }

        table.AddRow("restarts", string.Join(", ", Restarts.Select(restart => $"{restart.Node} at {restart.HeightDown}, back at {restart.HeightUp}")));
        table.AddRow("model", Markup.Escape(modelPath));
        table.AddRow("report", Markup.Escape(reportPath));
        table.AddRow("time", $"{Time.TotalSeconds:F1} s");
        return table;
    }

    private string Describe(Conviction conviction) =>
        $"{NameOf(conviction.Offender)}: {conviction.Offence} on unit {conviction.Unit} at height {conviction.Height}; committed "
        + $"{conviction.Claimed.ToShortString()}, {conviction.Provers.Count} auditors found {conviction.Found.ToShortString()}; "
        + $"slashed {conviction.Slashed}";

    private static string Raw(Amount amount) => amount.BaseUnits.ToString(CultureInfo.InvariantCulture);
}
