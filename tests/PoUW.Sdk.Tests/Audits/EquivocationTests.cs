using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Staking;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Tests.Nodes;

namespace PoUW.Sdk.Tests.Audits;

/// <summary>Two nodes that mine with one key sooner or later sign two blocks on one parent: a validator sees both and proves it.</summary>
[TestFixture]
public sealed class EquivocationTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task A_key_that_signs_two_blocks_on_one_parent_loses_its_stake(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 1, validators: 1);
        await network.AddAsync("twin", NodeRoles.Worker, keyOf: "worker-1");
        Address offender = TestNetwork.Key("worker-1").Address;
        while (StakeLedger.Get(network.Client.View.State, offender).BannedUntil == 0)
        {
            await network.Client.WaitForChangeAsync(network.Client.View, cancellation);
        }

        IStateReader state = network.Client.View.State;
        Assert.Multiple(() =>
        {
            Assert.That(StakeLedger.Get(state, offender).Bonded, Is.EqualTo(Amount.Zero));
            Assert.That(StakeLedger.Get(state, TestNetwork.Key("validator-1").Address).Bonded, Is.EqualTo(Amount.FromCoins(200)));
        });
    }
}
