using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Tests.Nodes;
using PoUW.Simulation.Faults;
using PoUW.Training.Clients;

namespace PoUW.Sdk.Tests.Audits;

/// <summary>Whole networks with one lying worker: the lie is found, paid for with stake, and leaves no trace in the model.</summary>
[TestFixture]
public sealed class ConvictionTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task A_lie_of_any_kind_is_convicted_and_the_model_is_that_of_honest_workers([Values] LieKind kind, CancellationToken cancellation)
    {
        Hash256 honest = await TrainAsync(null, cancellation);
        Assert.That(await TrainAsync(new LyingRunner(kind, seed: 9), cancellation), Is.EqualTo(honest));
    }

    private static async Task<Hash256> TrainAsync(LyingRunner? liar, CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2, validators: 4, liar: liar);
        TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request(steps: 8, audited: true));
        JobProgress end = await job.WaitForEndAsync(cancellation);
        IReadOnlyList<Conviction> convictions = JobLedger.Convictions(network.Client.View.State, job.Id);
        Assert.That(end.Job!.Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(convictions, liar is null ? Is.Empty : Is.Not.Empty, "the liar was leased and caught");
        Assert.That(convictions.Select(conviction => conviction.Offender), Is.All.EqualTo(TestNetwork.Key("worker-1").Address));
        AssertHonestStakesAreWhole(network, convictions);
        return (await job.LoadModelAsync(cancellation)).WeightsHash;
    }

    private static void AssertHonestStakesAreWhole(TestNetwork network, IReadOnlyList<Conviction> convictions)
    {
        IStateReader state = network.Client.View.State;
        foreach (PouwNode node in network.Nodes.Where(node => convictions.All(conviction => conviction.Offender != node.Address)))
        {
            StakeAccount stake = StakeLedger.Get(state, node.Address);
            ulong coins = node.Auditor is not null ? 200UL : node.Worker is not null ? 50UL : 0;
            Assert.That(stake.Bonded, Is.EqualTo(Amount.FromCoins(coins)), node.Name);
            Assert.That(stake.BannedUntil, Is.Zero, node.Name);
        }
    }
}
