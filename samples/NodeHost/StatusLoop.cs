using System.Globalization;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Sdk.Nodes;

namespace NodeHost;

/// <summary>Prints a status line every few seconds.</summary>
internal sealed class StatusLoop(PouwNode node, HostOptions options, NetworkParameters parameters, TextWriter output)
{
    private readonly List<Hash256> _jobs = [];

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.StatusSeconds == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        using PeriodicTimer timer = new(TimeSpan.FromSeconds(options.StatusSeconds));
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            output.WriteLine(JsonLines.Write(Look()));
            output.Flush();
        }
    }

    private StatusLine Look()
    {
        ChainHead head = node.Chain.Head;
        IStateReader state = node.Chain.StateAt(head);
        foreach (Hash256 open in JobLedger.OpenJobs(state).Where(id => !_jobs.Contains(id)))
        {
            _jobs.Add(open);
        }

        List<JobLine> jobs = [.. _jobs.Where(id => JobLedger.GetJob(state, id) is not null).Select(id => Describe(state, id))];
        return new StatusLine(
            "status", options.Name, head.Height, head.Id.ToString(), head.FinalizedHeight, head.Finalized.Id.ToString(), node.Peers.Count,
            Text(state.Minted - state.Burned), Text(Accounted(state)), node.Mining.Blocks, JobLedger.LeasesOf(state, node.Address).Count, jobs);
    }

    private Amount Accounted(IStateReader state)
    {
        IEnumerable<Address> accounts =
        [
            .. parameters.Allocations.Select(static allocation => allocation.Address), .. parameters.Stakes.Select(static stake => stake.Address),
            StakeLedger.Vault, .. _jobs.Select(JobLedger.EscrowAccount),
        ];
        return accounts.Distinct().Aggregate(Amount.Zero, (sum, account) => sum + state.GetAccount(account).Balance);
    }

    private static JobLine Describe(IStateReader state, Hash256 id)
    {
        JobState job = JobLedger.GetJob(state, id)!;
        return new JobLine(
            id.ToString(), job.Status.ToString(), job.Round, job.Manifest.RoundCount, job.InputsDigest.ToString(),
            [.. JobLedger.Convictions(state, id).Select(static conviction => conviction.Offender.ToString())]);
    }

    private static string Text(Amount amount) => amount.BaseUnits.ToString(CultureInfo.InvariantCulture);
}
