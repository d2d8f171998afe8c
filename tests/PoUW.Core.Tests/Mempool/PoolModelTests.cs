using PoUW.Core.Blocks;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Mempool;

/// <summary>A pool against <see cref="PoolModel"/> over random admissions, blocks and reorganisations.</summary>
public sealed class PoolModelTests
{
    private const int Accounts = 5;

    // About eight fees: balances bind.
    private static readonly Amount Balance = new(200_000_000_000_000);

    [Test]
    public void A_pool_equals_its_model_after_any_sequence([Range(1, 12)] int seed)
    {
        Random random = new(seed);
        using PoolNet net = new(Accounts, Balance, Tight(random));
        PoolModel model = new(net.Chain, net.Pool.Options);
        PoolRecorder recorder = new();
        net.Pool.Subscribe(recorder);
        Replay replay = new(net.Chain, model);
        for (int step = 0; step < 60; step++)
        {
            Step(random, net, model, replay, recorder);
            Assert.That(net.Pool.List(), Is.EqualTo(model.List()), $"seed {seed}, step {step}");
            Assert.That(net.Pool.Count, Is.EqualTo(model.Count));
            Assert.That(net.Pool.Bytes, Is.EqualTo(model.Bytes));
            ulong gas = (ulong)random.Next(20_000, 200_000);
            Assert.That(net.Pool.Select(gas), Is.EqualTo(model.Select(gas)), $"seed {seed}, step {step}");
            Assert.That(recorder.Waiting.SetEquals(model.List().Select(transaction => transaction.Id)), Is.True);
        }

        Assert.That(recorder.Heard.Where(heard => heard.Reason is RemovalReason.Included or RemovalReason.Superseded), Is.Not.Empty);
        Assert.That(replay.Detached, Is.Positive, "the sequence must hold a reorganisation");
    }

    [Test]
    public void The_sequences_reach_every_reason_and_code()
    {
        HashSet<RemovalReason> reasons = [];
        HashSet<ValidationCode> codes = [];
        for (int seed = 1; seed <= 9; seed++)
        {
            Random random = new(seed);
            using PoolNet net = new(Accounts, Balance, Tight(random));
            PoolRecorder recorder = new();
            net.Pool.Subscribe(recorder);
            Replay replay = new(net.Chain, null);
            for (int step = 0; step < 60; step++)
            {
                codes.UnionWith(Step(random, net, null, replay, recorder));
            }

            reasons.UnionWith(recorder.Heard.Where(heard => heard.Reason is not null).Select(heard => heard.Reason!.Value));
        }

        Assert.That(reasons, Is.EquivalentTo(Enum.GetValues<RemovalReason>()));
        Assert.That(codes, Is.SupersetOf(new[]
        {
            ValidationCode.AlreadyKnown, ValidationCode.Expired, ValidationCode.TipTooLow, ValidationCode.NonceTooLow, ValidationCode.NonceTooHigh,
            ValidationCode.ReplacementTooCheap, ValidationCode.SenderLimit, ValidationCode.InsufficientBalance, ValidationCode.BehindGap,
            ValidationCode.PoolFull, ValidationCode.ExpiresTooSoon, ValidationCode.Ok,
        }));
    }

    private static MempoolOptions Tight(Random random) => new()
    {
        MaxCount = random.Next(4, 14),
        MaxBytes = random.Next(9_000, 30_000),
        MaxSenderCount = random.Next(2, 6),
        MaxSenderBytes = random.Next(4_000, 10_000),
        MaxNonceGap = 7,
        MinTipPerGas = 1,
        MinBlocksToExpiry = 1,
    };

    private static List<ValidationCode> Step(Random random, PoolNet net, PoolModel? model, Replay replay, PoolRecorder recorder)
    {
        List<ValidationCode> codes = [];
        switch (random.Next(8))
        {
            case 0:
                net.Mine([.. net.Pool.Select((ulong)random.Next(0, 90_000))]);
                break;
            case 1:
                net.Mine([.. Enumerable.Range(0, 4).Select(_ => Any(random, net))]);
                break;
            case 2 when net.Chain.Head.Height > 0:
                Reorganise(random, net);
                break;
            case 3:
                Transaction[] batch = [.. Enumerable.Range(0, 4).Select(_ => Any(random, net))];
                codes.AddRange(net.Pool.AdmitAll(batch).Select(result => result.Code));
                Assert.That(model is null || codes.SequenceEqual(batch.Select(model.Admit)), Is.True);
                break;
            default:
                for (int i = 0; i < 3; i++)
                {
                    Transaction one = random.Next(10) == 0 && recorder.Waiting.Count > 0 ? net.Pool.List()[0] : Any(random, net);
                    codes.Add(net.Pool.Admit(one).Code);
                    Assert.That(model?.Admit(one) ?? codes[^1], Is.EqualTo(codes[^1]));
                }

                break;
        }

        replay.TellModel();
        return codes;
    }

    private static void Reorganise(Random random, PoolNet net)
    {
        ulong depth = Math.Min(net.Chain.Head.Height, (ulong)random.Next(1, 4));
        ulong fork = net.Chain.Head.Height - depth;
        Block[] leaving = [.. Enumerable.Range(1, (int)depth).Select(i => net.Chain.GetBlockByHeight(fork + (ulong)i)!)];
        List<Transaction[]> blocks = [];
        for (ulong i = 0; i <= depth; i++)
        {
            // Some of what leaves is mined again, some is met by a rival, some comes back.
            IEnumerable<Transaction> again = leaving.SelectMany(block => block.Transactions).Where(_ => random.Next(3) == 0);
            blocks.Add([.. again, Any(random, net), Any(random, net)]);
        }

        net.Import(net.Branch(fork, blocks));
    }

    private static Transaction Any(Random random, PoolNet net)
    {
        int account = random.Next(Accounts);
        ulong nonce = net.NonceOf(account) + (ulong)random.Next(9);
        nonce -= random.Next(6) == 0 ? Math.Min(nonce, 8) : 0;
        ulong tip = random.Next(12) == 0 ? 0 : ((ulong)random.Next(5) * PoolNet.TipStep) + 1;
        ulong expiry = random.Next(3) == 0 ? net.Chain.Head.Height + (ulong)random.Next(0, 6) : ulong.MaxValue;
        Amount amount = new((UInt128)random.Next(0, 100_000) * 1_000_000_000);
        return net.Pay(account, nonce, tip, expiry, random.Next(2) * random.Next(64), amount, random.Next(Accounts));
    }

    /// <summary>Tells the model of what the chain did since the last time.</summary>
    private sealed class Replay : Core.Chain.IChainObserver
    {
        private readonly PoolModel? _model;
        private readonly List<Block> _detached = [];
        private bool _changed;

        internal Replay(Core.Chain.BlockChain chain, PoolModel? model)
        {
            _model = model;
            chain.Subscribe(this);
        }

        internal int Detached { get; private set; }

        public void BlockDetached(Block block)
        {
            _detached.Add(block);
            Detached++;
        }

        public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
        {
            // With the first block that joins, the head is the new one already.
            _changed = true;
            TellModel();
        }

        internal void TellModel()
        {
            if (_changed)
            {
                _model?.Follow(_detached);
                _detached.Clear();
                _changed = false;
            }
        }
    }
}
