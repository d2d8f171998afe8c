using System.Text;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Mempool;

namespace PoUW.Core.Tests.Notifications;

public sealed class ChainNotificationsTests
{
    private const int Depth = 2;

    private DepthFinality _finality = null!;
    private TestNet _net = null!;
    private InMemoryKeyValueStore _store = null!;
    private BlockChain _chain = null!;

    [SetUp]
    public void Open()
    {
        _finality = new DepthFinality(Depth);
        _net = new TestNet(null, [_finality]);
        _store = new InMemoryKeyValueStore();
        _chain = Opened(_store);
    }

    [TearDown]
    public void Close()
    {
        _store.Dispose();
        _net.Dispose();
    }

    [Test]
    public void A_subscriber_reads_every_step_with_receipts_and_goes_on_after_a_restart()
    {
        _net.Grow(_chain, 2);
        using ChainSubscription first = _chain.Notifications.Open("index");
        Assert.That(first.IsNew, Is.True);
        Assert.That(first.Finished, Is.EqualTo(new ChainPoint(2, _chain.Head.Id)));
        Assert.That(first.TryRead(), Is.Null);
        Block paying = _net.Next(_chain, [_net.Pay(_net.Alice, 0, 1)]);
        Assert.That(_chain.Import(paying).IsValid, Is.True);
        _net.Grow(_chain, 2);

        AttachedNotification read = (AttachedNotification)first.TryRead()!;
        Assert.That(read.Sequence, Is.EqualTo(1));
        Assert.That(read.Block.Encode(), Is.EqualTo(paying.Encode()));
        Assert.That(read.Receipts.Single().TransactionId, Is.EqualTo(paying.Transactions[0].Id));
        Assert.That(read.EndsChange, Is.True);
        Assert.That(first.Finish(1), Is.True);
        Assert.That(first.Finished, Is.EqualTo(new ChainPoint(3, paying.Id)));
        Assert.That(first.TryRead()!.Sequence, Is.EqualTo(2));

        BlockChain reopened = Opened(_store);
        using ChainSubscription again = reopened.Notifications.Open("index");
        Assert.That(again.IsNew, Is.False);
        Assert.That(again.Finished, Is.EqualTo(new ChainPoint(3, paying.Id)));
        Assert.That(new[] { again.TryRead()!.Sequence, again.TryRead()!.Sequence }, Is.EqualTo(new ulong[] { 2, 3 }), "2 was read, but not finished");
        Assert.That(again.TryRead(), Is.Null);
    }

    [Test]
    public void Pruning_stops_at_what_the_slowest_has_not_finished()
    {
        using ChainSubscription slow = _chain.Notifications.Open("slow");
        using ChainSubscription fast = _chain.Notifications.Open("fast");
        _net.Grow(_chain, 10);
        Read(fast, 10);
        Assert.That(fast.Finish(10), Is.True);
        Assert.That(_chain.FinalizedHeight, Is.EqualTo(8));
        Assert.That(_chain.PruneLimit, Is.Zero);
        Assert.That(_chain.PruneWitnesses(100), Is.Zero);

        Read(slow, 6);
        Assert.That(_chain.PruneLimit, Is.Zero, "reading is not finishing");
        Assert.That(slow.Finish(6), Is.True);
        Assert.That(_chain.PruneLimit, Is.EqualTo(4), "what was final before block 7 came");
        Assert.That(_chain.PruneWitnesses(100), Is.EqualTo(4));
        Assert.That(LogLength(), Is.EqualTo(4));
        Assert.That(_chain.Notifications.Subscribers.Select(status => (status.Name, status.Finished.Height, status.Behind)), Is.EqualTo(
            new[] { ("fast", 10ul, 0ul), ("slow", 6ul, 4ul) }));

        BlockChain reopened = Opened(_store);
        Assert.That(reopened.PruneLimit, Is.EqualTo(4), "before the subscriber is back");
        Assert.That(reopened.Notifications.Remove("slow"), Is.True);
        Assert.That(reopened.Notifications.Remove("slow"), Is.False);
        Assert.That(reopened.PruneLimit, Is.EqualTo(8));
        _net.Grow(reopened, 1);
        Assert.That(LogLength(), Is.EqualTo(1));
        Assert.That(reopened.Notifications.Remove("fast"), Is.True);
        _net.Grow(reopened, 2);
        Assert.That(LogLength(), Is.Zero, "nobody reads, nothing is written");
    }

    [Test]
    public void Without_subscribers_nothing_is_written()
    {
        _net.Grow(_chain, 3);
        Assert.That(_store.ScanPrefix("chain/note"u8), Is.Empty);
        Assert.That(_store.ScanPrefix("chain/reader"u8), Is.Empty);
    }

    [Test]
    public void A_reorganisation_is_read_in_order_and_a_step_in_its_middle_can_be_finished()
    {
        BlockChain other = Opened(new InMemoryKeyValueStore());
        _net.Grow(_chain, 2);
        List<Block> branch = _net.Grow(other, 3, offsetMs: 1);
        using ChainSubscription subscription = _chain.Notifications.Open("index");
        Block second = _chain.GetBlockByHeight(2)!;
        branch.ForEach(block => Assert.That(_chain.Import(block).IsValid, Is.True));

        Assert.That(Read(subscription, 1), Is.EqualTo(new[] { "-2" }));
        Assert.That(subscription.Finish(1), Is.True);
        Assert.That(subscription.Finished, Is.EqualTo(new ChainPoint(1, second.Header.ParentHash)));
        using ChainSubscription again = Opened(_store).Notifications.Open("index");
        Assert.That(Read(again, 4), Is.EqualTo(new[] { "-1", "+1...", "+2...", "+3" }));
    }

    [Test]
    public void Who_falls_too_far_behind_is_dropped_with_a_mark_and_holds_nothing()
    {
        ChainSubscriptionOptions drop = new() { Policy = LagPolicy.Drop, MaxLag = 5 };
        ChainSubscription lazy = _chain.Notifications.Open("lazy", drop);
        Read(lazy, 0);
        _net.Grow(_chain, 5);
        Assert.That(lazy.TryRead()!.Sequence, Is.EqualTo(1));
        Assert.That(_chain.PruneLimit, Is.Zero);
        _net.Grow(_chain, 3);

        Assert.That(_chain.Notifications.Subscribers.Single().IsLagged, Is.True);
        Assert.That(_chain.PruneLimit, Is.EqualTo(6));
        Assert.That(lazy.Finish(1), Is.False, "dropped since it was read");
        LaggedNotification mark = (LaggedNotification)lazy.TryRead()!;
        Assert.That(mark.Tip, Is.EqualTo(new ChainPoint(8, _chain.Head.Id)));

        // A crash while it resynchronises: the mark comes again, for the head of then.
        _net.Grow(_chain, 1);
        _chain = Opened(_store);
        lazy = _chain.Notifications.Open("lazy", drop);
        Assert.That(_chain.PruneLimit, Is.EqualTo(7));
        mark = (LaggedNotification)lazy.TryRead()!;
        Assert.That(mark.Tip.Height, Is.EqualTo(9));
        _net.Grow(_chain, 2);
        Assert.That(_chain.PruneLimit, Is.EqualTo(7), "what comes after the mark is kept");
        Assert.That(Read(lazy, 1), Is.EqualTo(new[] { "+10" }));

        // Too slow again before it has finished the mark.
        _net.Grow(_chain, 4);
        Assert.That(lazy.Finish(mark.Sequence), Is.False);
        mark = (LaggedNotification)lazy.TryRead()!;
        Assert.That(mark.Tip.Height, Is.EqualTo(15));
        Assert.That(lazy.Finish(mark.Sequence), Is.True);
        Assert.That(lazy.Finished, Is.EqualTo(mark.Tip));
        _net.Grow(_chain, 1);
        Assert.That(Read(lazy, 1), Is.EqualTo(new[] { "+16" }));
        Assert.That(lazy.Finish(16), Is.True);
        Assert.That(_chain.Notifications.Subscribers.Single().IsLagged, Is.False);
        Assert.That(LogLength(), Is.Zero);
    }

    [Test]
    public void A_log_that_nobody_finishes_is_read_one_step_at_a_time()
    {
        using CountingStore counting = new(_store);
        BlockChain chain = Opened(counting);
        chain.Notifications.Open("slow").Dispose();
        _net.Grow(chain, 150);
        chain = Opened(counting);
        long before = counting.Reads;
        using ChainSubscription slow = chain.Notifications.Open("slow");
        Assert.That(slow.TryRead(), Is.Not.Null);

        Assert.That(counting.Reads - before, Is.LessThan(8));
        Assert.That(LogLength(), Is.EqualTo(150));
        Read(slow, 149);
        Assert.That(slow.Finish(150), Is.True);
        Assert.That(LogLength(), Is.Zero);
    }

    [Test]
    public async Task Waiting_ends_with_the_next_block_a_cancellation_or_the_end_of_the_subscription()
    {
        ChainSubscription subscription = _chain.Notifications.Open("waiting");
        Task<ChainNotification> next = subscription.ReadAsync().AsTask();
        Assert.That(next.IsCompleted, Is.False);
        Block block = _net.Grow(_chain, 1)[0];
        Assert.That(((AttachedNotification)await next).Block.Id, Is.EqualTo(block.Id));

        using CancellationTokenSource stop = new();
        Task<ChainNotification> cancelled = subscription.ReadAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());

        Task<ChainNotification> removed = subscription.ReadAsync().AsTask();
        Assert.That(_chain.Notifications.Remove("waiting"), Is.True);
        Assert.That(async () => await removed, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => subscription.Finish(1), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task All_steps_come_to_a_reader_on_another_thread()
    {
        using ChainSubscription subscription = _chain.Notifications.Open("reader");
        Task<List<ulong>> reader = Task.Run(async () =>
        {
            List<ulong> heights = [];
            await foreach (ChainNotification notification in subscription.ReadAllAsync())
            {
                heights.Add(((AttachedNotification)notification).Block.Header.Height);
                if (heights.Count == 20)
                {
                    break;
                }

                subscription.Finish(notification.Sequence);
            }

            return heights;
        });
        _net.Grow(_chain, 20);

        Assert.That(await reader, Is.EqualTo(Enumerable.Range(1, 20).Select(height => (ulong)height)));
    }

    [Test]
    public void The_chain_and_the_lag_of_each_subscriber_are_measured()
    {
        using MetricCollector metrics = new("measured");
        BlockChain chain = _net.Open(new InMemoryKeyValueStore(), options => options with { Finality = _finality, Node = "measured" });
        using ChainSubscription subscription = chain.Notifications.Open("index");
        List<Block> left = _net.Grow(chain, 2);
        List<Block> right = _net.Grow(Opened(new InMemoryKeyValueStore()), 3, offsetMs: 1);
        right.ForEach(block => chain.Import(block));
        chain.Import(left[0]);
        chain.Import(right[2]);

        Assert.That(metrics["pouw.chain.attached"], Is.EqualTo(5));
        Assert.That(metrics["pouw.chain.detached"], Is.EqualTo(2));
        Assert.That(metrics["pouw.chain.height"], Is.EqualTo(3));
        Assert.That(metrics["pouw.chain.finalized"], Is.EqualTo(1));
        Assert.That(metrics["pouw.chain.refused code=AlreadyKnown"], Is.EqualTo(2));
        Assert.That(metrics["pouw.notifications.behind subscriber=index"], Is.EqualTo(7));
    }

    [Test]
    public void Misuse_is_refused()
    {
        ChainNotifications notifications = _chain.Notifications;
        ChainSubscription open = notifications.Open("a");
        Assert.That(() => notifications.Open("a"), Throws.InvalidOperationException);
        open.Dispose();
        Assert.That(() => open.TryRead(), Throws.InstanceOf<ObjectDisposedException>());
        using ChainSubscription again = notifications.Open("a");
        open.Dispose();
        Assert.That(again.TryRead(), Is.Null, "an old reader does not close a new one");
        Assert.That(() => again.Finish(1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(again.Finish(0), Is.True);
        foreach (string name in new[] { "", "a b", "ä", new string('a', 65) })
        {
            Assert.That(() => notifications.Open(name), Throws.InstanceOf<ArgumentException>(), name);
        }

        Assert.That(() => notifications.Open("b", new ChainSubscriptionOptions { MaxLag = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => notifications.Open("b", new ChainSubscriptionOptions { Policy = (LagPolicy)7 }), Throws.InstanceOf<ArgumentException>());
        for (int i = 1; i < 64; i++)
        {
            notifications.Open($"s{i}").Dispose();
        }

        Assert.That(() => notifications.Open("one more"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => notifications.Open("one-more"), Throws.InvalidOperationException);
    }

    [TestCase("chain/reader/a")]
    [TestCase("chain/noted")]
    public void A_damaged_record_is_refused_when_the_chain_is_opened(string key)
    {
        _chain.Notifications.Open("a").Dispose();
        _net.Grow(_chain, 1);
        _store.Apply(new WriteBatch().Put(Encoding.ASCII.GetBytes(key), [1, 2, 3]));

        Assert.That(() => Opened(_store), Throws.InstanceOf<ChainException>());
    }

    /// <summary>A reader that is disposed of while it loads a block must not move the place of the next reader.</summary>
    [Test]
    public void A_reader_that_ends_while_it_reads_takes_no_step_from_the_next_one()
    {
        Action reading = () => { };
        BlockChain chain = Opened(new ReadingStore(_store, () => reading()));
        ChainSubscription first = chain.Notifications.Open("index");
        _net.Grow(chain, 3);
        Assert.That(first.TryRead()!.Sequence, Is.EqualTo(1));
        ChainSubscription? second = null;
        reading = () =>
        {
            reading = () => { };
            first.Dispose();
            second = chain.Notifications.Open("index");
        };

        Assert.That(() => first.TryRead(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(second!.TryRead()!.Sequence, Is.EqualTo(1), "nothing was finished");
        Assert.That(second.TryRead()!.Sequence, Is.EqualTo(2));
    }

    private static List<string> Read(ChainSubscription subscription, int steps)
    {
        List<string> read = [];
        for (int i = 0; i < steps; i++)
        {
            read.Add(subscription.TryRead() switch
            {
                AttachedNotification joined => $"+{joined.Block.Header.Height}{(joined.EndsChange ? "" : "...")}",
                DetachedNotification left => $"-{left.Block.Header.Height}",
                _ => "?",
            });
        }

        return read;
    }

    private int LogLength() => _store.ScanPrefix("chain/note/"u8).Count();

    private BlockChain Opened(IKeyValueStore store) => _net.Open(store, options => options with { Finality = _finality, KeptWitnesses = 1 });
}
