using PoUW.Core.Blocks;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Mempool;

/// <summary>How a pool follows the chain: what blocks take, reorganisations, and the recheck of all others within a budget.</summary>
public sealed class PoolFollowTests
{
    private static readonly Amount Rich = Amount.FromCoins(1_000);

    [Test]
    public void A_block_takes_its_own_and_what_its_nonces_rule_out()
    {
        using PoolNet net = new(3, Rich);
        PoolRecorder recorder = Recorded(net);
        Transaction waits = net.Pay(0, 0, tip: 1);
        Transaction rival = net.Pay(1, 0, tip: 1);
        Transaction follows = net.Pay(1, 1);
        net.Pool.AdmitAll([waits, rival, follows]);
        recorder.Heard.Clear();
        net.Mine(waits, net.Pay(1, 0, tip: 2));

        Assert.That(recorder.Heard, Is.EqualTo(new (Hash256, RemovalReason?)[]
        {
            (waits.Id, RemovalReason.Included), (rival.Id, RemovalReason.Superseded),
        }));
        Assert.That(net.Pool.Select(PoolNet.ManyGas), Is.EqualTo(new[] { follows }));
    }

    [Test]
    public void A_recheck_that_finds_nothing_changes_nothing()
    {
        using PoolNet net = new(6, Rich, new MempoolOptions { RecheckBudget = TimeSpan.Zero });
        PoolRecorder recorder = Recorded(net);
        Transaction[] waiting = [.. Enumerable.Range(0, 6).Select(i => net.Pay(i, 0, tip: (ulong)i))];
        net.Pool.AdmitAll(waiting);
        recorder.Heard.Clear();
        for (int block = 0; block < 8; block++)
        {
            net.Mine();
        }

        Assert.That(recorder.Heard, Is.Empty);
        Assert.That(net.Pool.Select(PoolNet.ManyGas), Is.EqualTo(waiting.Reverse()));
    }

    [Test]
    public void Senders_that_a_reorganisation_made_poor_leave_one_a_block_without_a_budget_and_are_never_selected()
    {
        // Account 6 feeds the others in a block that is lost: what they sent on the strength of it cannot be paid any more.
        const int Poor = 5;
        using PoolNet net = new(Poor + 2, Rich, new MempoolOptions { RecheckBudget = TimeSpan.Zero });
        PoolRecorder recorder = Recorded(net);
        int newcomers = Poor + 2;
        Block fed = net.Mine([.. Enumerable.Range(0, Poor).Select(i => net.Pay(Poor + 1, (ulong)i, amount: Amount.FromCoins(1), to: newcomers + i))]);
        Assert.That(fed.Transactions, Has.Count.EqualTo(Poor));
        Assert.That(net.Pool.AdmitAll([.. Enumerable.Range(0, Poor).Select(i => net.Pay(newcomers + i, 0, tip: 1))]).All(result => result.IsValid));
        Transaction other = net.Pay(Poor + 1, 0, amount: Amount.FromCoins(999));

        // The rival of the first payment leaves account 6 without the coins for the rest.
        net.Import(net.Branch(0, [[other], []]));

        Assert.That(net.Pool.Select(PoolNet.ManyGas).Where(transaction => transaction.Body.TipPerGas == 1), Is.Empty);
        List<int> left = [];
        for (int block = 0; block < Poor + 2; block++)
        {
            left.Add(recorder.Heard.Count(heard => heard.Reason == RemovalReason.Unpayable));
            net.Mine();
        }

        Assert.That(left[0], Is.LessThan(Poor), "the budget is spent after one");
        Assert.That(left.Zip(left.Skip(1)).Select(pair => pair.Second - pair.First), Is.All.LessThanOrEqualTo(1));
        Assert.That(recorder.Heard.Count(heard => heard.Reason == RemovalReason.Unpayable), Is.EqualTo(Poor), "each had its turn");
    }

    [Test]
    public void A_budget_ends_the_recheck_by_the_injected_clock()
    {
        // The clock advances a millisecond whenever it is asked: once at the start, once a sender.
        SteppingTime time = new();
        using PoolNet net = new(10, Rich, new MempoolOptions { Time = time, RecheckBudget = TimeSpan.FromMilliseconds(3) });
        net.Pool.AdmitAll([.. Enumerable.Range(0, 10).Select(i => net.Pay(i, 0))]);
        time.Asked = 0;
        net.Mine();
        Assert.That(time.Asked, Is.EqualTo(5), "the start, three senders, the whole");
    }

    [Test]
    public void Expired_transactions_leave_at_once_whatever_the_budget()
    {
        using PoolNet net = new(4, Rich, new MempoolOptions { RecheckBudget = TimeSpan.Zero });
        PoolRecorder recorder = Recorded(net);
        Transaction[] all = [net.Pay(0, 0), net.Pay(1, 0, expiry: 1), net.Pay(2, 0, expiry: 2), net.Pay(3, 1, expiry: 1), net.Pay(3, 2)];
        net.Pool.AdmitAll(all);
        net.Mine();

        Assert.That(recorder.Heard.Where(heard => heard.Reason is not null), Is.EquivalentTo(new (Hash256, RemovalReason?)[]
        {
            (all[1].Id, RemovalReason.Expired), (all[3].Id, RemovalReason.Expired), (all[4].Id, RemovalReason.Stranded),
        }));
        net.Mine();
        Assert.That(net.Pool.List(), Is.EqualTo(new[] { all[0] }));
    }

    [Test]
    public void What_a_reorganisation_gives_back_comes_in_nonce_order_without_another_signature_check()
    {
        // Half full from the first on, the pool would refuse the later nonces before the earlier ones.
        using PoolNet net = new(4, Rich, new MempoolOptions { MaxCount = 8 });
        Transaction[] lost = [net.Pay(0, 0), net.Pay(0, 1), net.Pay(0, 2), net.Pay(0, 3)];
        Transaction both = net.Pay(1, 0);
        net.Mine(lost[0], lost[1], both);
        net.Mine(lost[2]);
        net.Mine(lost[3]);
        net.Pool.AdmitAll([net.Pay(2, 0), net.Pay(2, 1), net.Pay(2, 2), net.Pay(2, 3)]);
        List<Block> branch = net.Branch(0, [[both], [], [], []]);
        int verified = net.Scheme.Verified;
        net.Import(branch);

        Assert.That(net.Pool.OfSender(TagScheme.AddressOf(0)), Is.EqualTo(lost).Using<Transaction>((left, right) => left.Id.CompareTo(right.Id)));
        Assert.That(net.Pool.Find(both.Id), Is.Null);
        Assert.That(net.Scheme.Verified, Is.EqualTo(verified));
        Assert.That(net.Pool.NextNonce(TagScheme.AddressOf(0)), Is.EqualTo(4));
    }

    [Test]
    public void What_a_reorganisation_gives_back_competes_with_a_full_pool()
    {
        using PoolNet net = new(6, Rich, new MempoolOptions { MaxCount = 2 });
        Transaction cheap = net.Pay(0, 0, tip: 1);
        Transaction dear = net.Pay(1, 0, tip: 9);
        net.Mine(cheap, dear);
        Transaction[] waiting = [net.Pay(2, 0, tip: 5), net.Pay(3, 0, tip: 6)];
        net.Pool.AdmitAll(waiting);
        net.Import(net.Branch(0, [[], []]));

        Assert.That(net.Pool.List().Select(transaction => transaction.Id), Is.EqualTo(new[] { dear.Id, waiting[1].Id }));
    }

    [Test]
    public void What_a_reorganisation_gives_back_comes_before_what_its_sender_has_waiting_behind_it()
    {
        using PoolNet net = new(6, Rich, new MempoolOptions { MaxCount = 4 });
        Transaction lost = net.Pay(0, 0, tip: 9);
        net.Mine(lost);
        Transaction[] behind = [net.Pay(0, 1, tip: 9), net.Pay(0, 2, tip: 9)];
        Transaction[] others = [net.Pay(1, 0, tip: 5), net.Pay(2, 0, tip: 5)];
        Assert.That(net.Pool.AdmitAll([.. behind, .. others]).Select(result => result.IsValid), Is.All.True);
        net.Import(net.Branch(0, [[], []]));

        Hash256[] left = [lost.Id, behind[0].Id, others[0].Id, others[1].Id];
        Assert.That(net.Pool.Select(PoolNet.ManyGas).Select(transaction => transaction.Id), Is.EqualTo(left));
        Assert.That(net.Pool.Count, Is.EqualTo(4));
    }

    [Test]
    public void Who_fills_a_gap_in_a_full_pool_pays_with_his_own_last()
    {
        using PoolNet net = new(6, Rich, new MempoolOptions { MaxCount = 4 });
        PoolRecorder recorder = Recorded(net);
        Transaction[] parked = [net.Pay(0, 1, tip: 9), net.Pay(0, 2, tip: 9)];
        Transaction[] others = [net.Pay(1, 0, tip: 5), net.Pay(2, 0, tip: 5)];
        net.Pool.AdmitAll([.. parked, .. others]);
        Transaction filler = net.Pay(0, 0, tip: 1);
        Assert.That(net.Pool.Admit(filler).ToString(), Is.EqualTo("Ok"));
        Assert.That(net.Pool.OfSender(TagScheme.AddressOf(0)), Is.EqualTo(new[] { filler, parked[0] }));
        Assert.That(recorder.Heard[^2], Is.EqualTo((parked[1].Id, (RemovalReason?)RemovalReason.Evicted)));

        // And his cheapest still costs him his last when somebody outbids it.
        net.Pool.Admit(net.Pay(3, 0, tip: 7));
        Assert.That(net.Pool.OfSender(TagScheme.AddressOf(0)), Is.EqualTo(new[] { filler }));
    }

    [Test]
    public void Behind_a_gap_the_highest_tip_is_the_first_to_leave()
    {
        using PoolNet net = new(8, Rich, new MempoolOptions { MaxCount = 4 });
        Transaction[] parked = [net.Pay(0, 1, tip: 1_000), net.Pay(0, 2, tip: 1_000)];
        Transaction[] ready = [net.Pay(1, 0, tip: 1), net.Pay(2, 0, tip: 1), net.Pay(3, 0), net.Pay(4, 0)];
        Assert.That(net.Pool.AdmitAll([.. parked, .. ready]).Select(result => result.IsValid), Is.All.True);

        Assert.That(net.Pool.List(), Is.EqualTo(ready));
    }

    [Test]
    public void A_sender_cannot_push_others_out_behind_his_own_cheap_transaction()
    {
        using PoolNet net = new(8, Rich, new MempoolOptions { MaxCount = 3 });
        Transaction own = net.Pay(0, 0, tip: 3);
        net.Pool.AdmitAll([own, net.Pay(1, 0, tip: 3), net.Pay(2, 0, tip: 3)]);

        // A block gets 3 from this sender first, so this offers no more than the others do.
        Assert.That(net.Pool.Admit(net.Pay(0, 1, tip: 1_000)).Code, Is.EqualTo(ValidationCode.PoolFull));
    }

    [Test]
    public void A_sender_whose_head_no_longer_fits_does_not_end_the_selection()
    {
        using PoolNet net = new(4, Rich);
        Transaction large = net.Pay(0, 0, tip: 9, memo: 64);
        Transaction small = net.Pay(1, 0, tip: 1);
        net.Pool.AdmitAll([large, net.Pay(0, 1, tip: 9), small]);
        Assert.That(net.Pool.Select(TransactionGas.Of(small.Body)), Is.EqualTo(new[] { small }));
    }

    [Test]
    public void Threads_admit_while_blocks_come_and_go()
    {
        using PoolNet net = new(12, Rich, new MempoolOptions { MaxCount = 60, MaxSenderCount = 16 });
        PoolRecorder recorder = Recorded(net);
        Transaction[][] work = [.. Enumerable.Range(0, 3).Select(thread => Enumerable.Range(0, 200)
            .Select(i => net.Pay((thread * 4) + (i % 4), (ulong)(i / 4), tip: (ulong)(i % 7))).ToArray())];
        using CancellationTokenSource done = new();
        Task[] admitting = [.. work.Select(transactions => Task.Run(() =>
        {
            foreach (Transaction[] group in transactions.Chunk(5))
            {
                net.Pool.AdmitAll(group);
                net.Pool.Admit(group[0]);
                _ = net.Pool.Select(1_000_000);
            }
        }))];
        for (int round = 0; round < 8; round++)
        {
            net.Mine([.. net.Pool.Select(200_000)]);
            net.Import(net.Branch(net.Chain.Head.Height - 1, [[], []]));
        }

        Task.WaitAll(admitting);
        net.Mine();
        IReadOnlyList<Transaction> all = net.Pool.List();
        Assert.That(all, Has.Count.EqualTo(net.Pool.Count));
        Assert.That(all, Is.Not.Empty);
        Assert.That(net.Pool.Bytes, Is.EqualTo(all.Sum(TransactionPool.SizeOf)));
        Assert.That(recorder.Waiting, Is.EquivalentTo(all.Select(transaction => transaction.Id)));
        IReadOnlyList<Transaction> selected = net.Pool.Select(PoolNet.ManyGas);
        Assert.That(net.Mine([.. selected]).Transactions, Is.EqualTo(selected), "all that is selected is valid");
    }

    private static PoolRecorder Recorded(PoolNet net)
    {
        PoolRecorder recorder = new();
        net.Pool.Subscribe(recorder);
        return recorder;
    }

    private sealed class SteppingTime : TimeProvider
    {
        internal int Asked { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Asked++ * TimeSpan.TicksPerMillisecond;
    }
}
