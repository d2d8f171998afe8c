using PoUW.Core;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Sdk.Voting;

namespace PoUW.Sdk.Tests.Voting;

[TestFixture]
public sealed class VotingPauseTests
{
    private static readonly Hash256 Id = Hash256.Sha256("checkpoint"u8);

    private readonly NetworkParameters _parameters = NetworkParameters.Development with { MaxFutureMilliseconds = 1_000 };

    [Test]
    public void Without_a_repair_every_vote_is_admitted()
    {
        using InMemoryKeyValueStore store = new();
        VotingPause pause = new(store, _parameters, _ => null);
        Assert.That((pause.IsActive, pause.Admits(Vote(0))), Is.EqualTo((false, true)));
    }

    [TestCase(51ul, 11_001ul, true)]
    [TestCase(51ul, 11_000ul, false)]
    [TestCase(50ul, 11_001ul, false)]
    [TestCase(51ul, null, false)]
    public void After_a_repair_a_vote_needs_a_source_above_the_old_head_and_younger_than_the_repair(ulong height, ulong? time, bool admitted)
    {
        using InMemoryKeyValueStore store = Repaired();
        VotingPause pause = new(store, _parameters, point => point == new Checkpoint(height, Id) ? time : 0);
        Assert.That((pause.IsActive, pause.Admits(Vote(height))), Is.EqualTo((true, admitted)));
        Assert.That((pause.IsActive, store.Get("voter/paused"u8) is null), Is.EqualTo((!admitted, admitted)));
    }

    [Test]
    public void The_pause_outlives_a_restart_and_ends_once()
    {
        using InMemoryKeyValueStore store = Repaired();
        Assert.That(new VotingPause(store, _parameters, _ => 0).Admits(Vote(60)), Is.False);
        VotingPause again = new(store, _parameters, _ => 20_000);
        Assert.That((again.IsActive, again.Admits(Vote(60)), again.Admits(Vote(0))), Is.EqualTo((true, true, true)));
        Assert.That(new VotingPause(store, _parameters, _ => 0).IsActive, Is.False);
    }

    [Test]
    public void A_mark_that_cannot_be_read_is_no_permission()
    {
        using InMemoryKeyValueStore store = new();
        store.Apply(new WriteBatch().Put("voter/paused"u8, [1]));
        Assert.That(() => new VotingPause(store, _parameters, _ => 0), Throws.InstanceOf<PouwException>());
    }

    private static InMemoryKeyValueStore Repaired()
    {
        InMemoryKeyValueStore store = new();
        (byte[] key, byte[] mark) = VotingPause.MarkOf(timeMs: 10_000, height: 50);
        store.Apply(new WriteBatch().Put(key, mark));
        return store;
    }

    private static CheckpointVote Vote(ulong source) => new(source, Id, source + 4, Hash256.Sha256("target"u8));
}
