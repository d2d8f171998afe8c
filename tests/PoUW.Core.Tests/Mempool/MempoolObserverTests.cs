using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Mempool;

public sealed class MempoolObserverTests
{
    private static readonly Amount Rich = Amount.FromCoins(1_000);

    [Test]
    public void What_is_pushed_out_is_told_before_what_pushed_it()
    {
        using PoolNet net = new(4, Rich, new MempoolOptions { MaxCount = 2 });
        PoolRecorder recorder = new();
        net.Pool.Subscribe(recorder);
        Transaction[] all =
        [
            net.Pay(0, 0, tip: 1), net.Pay(1, 0, tip: 2), net.Pay(2, 0, tip: 3), net.Pay(2, 0, tip: PoolNet.TipStep),
        ];
        net.Pool.AdmitAll(all);
        net.Pool.Unsubscribe(recorder);
        net.Pool.Admit(net.Pay(3, 0, tip: 9));

        Assert.That(recorder.Heard, Is.EqualTo(new (Hash256, RemovalReason?)[]
        {
            (all[0].Id, null), (all[1].Id, null), (all[0].Id, RemovalReason.Evicted), (all[2].Id, null),
            (all[2].Id, RemovalReason.Replaced), (all[3].Id, null),
        }));
    }

    [Test]
    public void An_observer_may_admit_and_import_and_hears_of_it_after_the_current_call()
    {
        using PoolNet net = new(4, Rich);
        PoolRecorder recorder = new();
        Transaction first = net.Pay(0, 0);
        Transaction second = net.Pay(1, 0);
        int depth = 0;
        recorder.OnAdded = added =>
        {
            Assert.That(++depth, Is.EqualTo(1), "never inside of another call");
            if (added.Id == first.Id)
            {
                Assert.That(net.Pool.Admit(second).IsValid, Is.True);
                net.Mine(first);
                Assert.That(net.Pool.List(), Is.EqualTo(new[] { second }), "the pool is ahead of what was told");
            }

            depth--;
        };
        net.Pool.Subscribe(recorder);
        net.Pool.Admit(first);

        Assert.That(recorder.Heard, Is.EqualTo(new (Hash256, RemovalReason?)[]
        {
            (first.Id, null), (second.Id, null), (first.Id, RemovalReason.Included),
        }));
    }

    [Test]
    public void An_observer_that_throws_does_not_silence_the_pool()
    {
        using PoolNet net = new(4, Rich);
        PoolRecorder recorder = new() { OnAdded = _ => throw new InvalidOperationException("broken host") };
        net.Pool.Subscribe(recorder);
        Assert.That(() => net.Pool.Admit(net.Pay(0, 0)), Throws.InvalidOperationException);
        net.Pool.Unsubscribe(recorder);
        PoolRecorder sound = new();
        net.Pool.Subscribe(sound);
        net.Pool.Admit(net.Pay(1, 0));

        Assert.That(net.Pool.Count, Is.EqualTo(2));
        Assert.That(sound.Heard, Has.Count.EqualTo(1));
    }
}
