using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Mempool;

public sealed class AdmissionRulesTests
{
    private const ulong Enough = PoolNet.TipStep;

    private static readonly Amount Rich = Amount.FromCoins(1_000);

    [Test]
    public void The_order_is_the_documented_one()
    {
        IReadOnlyList<IAdmissionRule> rules = AdmissionRules.Default(new MempoolOptions
        {
            Rules = [new HostRule(AdmissionStage.AfterSignature), new HostRule(AdmissionStage.BeforeSignature)],
        });

        Assert.That(rules.Select(rule => rule.Name), Is.EqualTo(new[]
        {
            "known", "size", "form", "expiry", "tip", "no-stakes",
            "known", "nonce-used", "nonce-far", "replacement", "sender-count", "sender-bytes", "balance", "gap", "room", "no-stakes",
        }));
        Assert.That(rules.Select(rule => rule.Stage), Is.Ordered);
    }

    [Test]
    public void Every_rule_refuses_what_it_is_for_and_is_counted_under_its_name()
    {
        MempoolOptions options = new()
        {
            Node = nameof(Every_rule_refuses_what_it_is_for_and_is_counted_under_its_name),
            MaxCount = 6,
            MaxSenderCount = 3,
            MaxSenderBytes = 5_500,
            MaxNonceGap = 8,
            MaxTransactionBytes = 300,
            MinTipPerGas = Enough,
            MinBlocksToExpiry = 5,
        };
        using MetricCollector metrics = new(options.Node);
        using PoolNet net = new(20, Rich, options);
        net.Mine(net.Pay(9, 0));
        Transaction first = net.Pay(0, 0, Enough);
        Assert.That(net.Pool.Admit(first).IsValid, Is.True);

        void Refuses(string rule, ValidationCode code, Transaction transaction)
        {
            string key = $"pouw.mempool.rejected rule={rule} code={code}";
            long before = metrics[key];
            Assert.That(net.Pool.Admit(transaction).Code, Is.EqualTo(code));
            Assert.That(metrics[key], Is.EqualTo(before + 1), key);
        }

        TransactionBody body = net.Pay(1, 0, Enough).Body;
        Refuses("known", ValidationCode.AlreadyKnown, first);
        Refuses("size", ValidationCode.TooLargeForPool, TagScheme.Sign(body with { Payload = new byte[300] }));
        Refuses("form", ValidationCode.WrongChain, TagScheme.Sign(body with { ChainId = 1 }));
        Refuses("form", ValidationCode.OutOfGas, TagScheme.Sign(body with { GasLimit = 1 }));
        Refuses("form", ValidationCode.FeeTooLow, TagScheme.Sign(body with { MaxFeePerGas = 1 }));
        Refuses("form", ValidationCode.UnknownKind, TagScheme.Sign(body with { Kind = TransactionKind.RevealAudit }));
        Refuses("form", ValidationCode.Malformed, TagScheme.Sign(body with { Payload = new byte[] { 1 } }));
        Refuses("expiry", ValidationCode.Expired, net.Pay(1, 0, Enough, expiry: 1));
        Refuses("expiry", ValidationCode.ExpiresTooSoon, net.Pay(1, 0, Enough, expiry: 6));
        Refuses("tip", ValidationCode.TipTooLow, net.Pay(1, 0, Enough - 1));
        Refuses("signature", ValidationCode.BadSignature, new Transaction(body, new byte[64]));
        Refuses("nonce-used", ValidationCode.NonceTooLow, net.Pay(9, 0, Enough));
        Refuses("nonce-far", ValidationCode.NonceTooHigh, net.Pay(1, 8, Enough));
        Refuses("replacement", ValidationCode.ReplacementTooCheap, net.Pay(0, 0, Enough + 1));
        Refuses("balance", ValidationCode.InsufficientBalance, net.Pay(20, 0, Enough));
        Admits(net, net.Pay(0, 1, Enough), net.Pay(0, 2, Enough));
        Refuses("sender-count", ValidationCode.SenderLimit, net.Pay(0, 3, Enough));
        Refuses("gap", ValidationCode.BehindGap, net.Pay(2, 1, Enough));
        Admits(net, net.Pay(2, 0, Enough, memo: 64), net.Pay(2, 1, Enough, memo: 64), net.Pay(3, 0, Enough));
        Refuses("sender-bytes", ValidationCode.SenderLimit, net.Pay(2, 2, Enough, memo: 64));
        Refuses("room", ValidationCode.PoolFull, net.Pay(4, 0, Enough));
        Assert.That(metrics["pouw.mempool.admitted"], Is.EqualTo(6));
        Assert.That(metrics["pouw.mempool.count"], Is.EqualTo(6));
        Assert.That(metrics["pouw.mempool.bytes"], Is.EqualTo(net.Pool.Bytes));

        Admits(net, net.Pay(4, 0, Enough + 1));
        net.Mine(first);
        Assert.That(metrics["pouw.mempool.removed reason=Evicted"], Is.EqualTo(1));
        Assert.That(metrics["pouw.mempool.removed reason=Included"], Is.EqualTo(1));
        Assert.That(metrics["pouw.mempool.recheck.duration"], Is.EqualTo(2), "once a block");
        Assert.That(metrics["pouw.mempool.count"], Is.EqualTo(5));
    }

    [Test]
    public void What_no_block_of_the_network_has_room_for_is_refused_whatever_the_pool_would_take()
    {
        using PoolNet net = new(2, Rich);
        IAdmissionRule size = AdmissionRules.Default(new MempoolOptions()).Single(rule => rule.Name == "size");
        ValidationCode Check(int payload) => size.Check(new AdmissionContext
        {
            Transaction = TagScheme.Sign(net.Pay(0, 0).Body with { Payload = new byte[payload] }),
            Options = new MempoolOptions(),
            Rules = net.Chain.TransactionRules,
            Parameters = net.Chain.Parameters with { MaxBlockBytes = 8_192 },
            NextHeight = 1,
        }).Code;

        Assert.That(Check(4_000), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Check(8_000), Is.EqualTo(ValidationCode.TooLargeForPool), "a block has a header and a certificate, too");
    }

    [Test]
    public void What_only_this_pool_does_not_want_counts_against_nobody()
    {
        ValidationCode[] own =
        [
            ValidationCode.SenderLimit, ValidationCode.ExpiresTooSoon, ValidationCode.TipTooLow, ValidationCode.ReplacementTooCheap,
            ValidationCode.BehindGap, ValidationCode.TooLargeForPool, ValidationCode.PoolFull,
        ];
        Assert.That(own.Select(code => code.ToVerdict()), Is.All.EqualTo(GossipVerdict.Ignore));
        Assert.That(new[] { ValidationCode.WrongChain, ValidationCode.BadSignature, ValidationCode.Malformed, ValidationCode.OutOfGas }
            .Select(code => code.ToVerdict()), Is.All.EqualTo(GossipVerdict.Reject));
    }

    [TestCase(AdmissionStage.BeforeSignature, 0)]
    [TestCase(AdmissionStage.AfterSignature, 1)]
    public void A_rule_of_the_host_runs_in_its_stage(AdmissionStage stage, int verified)
    {
        HostRule rule = new(stage);
        using PoolNet net = new(2, Rich, new MempoolOptions { Rules = [rule] });
        Transaction stake = TagScheme.Sign(net.Pay(0, 0).Body with { Kind = TransactionKind.Stake, Payload = new byte[] { 1 } });

        Assert.That(net.Pool.Admit(stake).Code, Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That(net.Scheme.Verified, Is.EqualTo(verified));
        Assert.That(net.Pool.Count, Is.Zero);
        Admits(net, net.Pay(0, 0));
        Assert.That(rule.Senders, Is.All.EqualTo(stage == AdmissionStage.AfterSignature ? TagScheme.AddressOf(0) : default));
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        MempoolOptions good = new();
        MempoolOptions[] bad =
        [
            good with { MaxCount = 0 }, good with { MaxBytes = 0 }, good with { MaxSenderCount = 0 }, good with { MaxSenderBytes = -1 },
            good with { MaxNonceGap = 0 }, good with { ReplacementPercent = -1 }, good with { ReplacementPercent = 1_001 },
            good with { RecheckBudget = TimeSpan.FromSeconds(-1) },
        ];
        foreach (MempoolOptions options in bad)
        {
            Assert.That(() => new PoolNet(1, Rich, options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    private static void Admits(PoolNet net, params Transaction[] transactions)
    {
        foreach (Transaction transaction in transactions)
        {
            ValidationResult result = net.Pool.Admit(transaction);
            Assert.That(result.IsValid, Is.True, result.ToString());
        }
    }

    private sealed class HostRule(AdmissionStage stage) : IAdmissionRule
    {
        internal List<Address> Senders { get; } = [];

        public string Name => "no-stakes";

        public AdmissionStage Stage => stage;

        public ValidationResult Check(in AdmissionContext context)
        {
            Senders.Add(context.Sender);
            return context.Body.Kind == TransactionKind.Stake
                ? ValidationResult.Fail(ValidationCode.NotAllowed, nameof(TransactionBody.Kind), "No stakes here.")
                : ValidationResult.Ok;
        }
    }
}
