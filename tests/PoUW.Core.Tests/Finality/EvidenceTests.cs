using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

public sealed class EvidenceTests
{
    private static readonly Hash256 A = Hash256.Sha256([1]);
    private static readonly Hash256 B = Hash256.Sha256([2]);

    private FinalityBench _bench = null!;

    [SetUp]
    public void Open()
    {
        _bench = new FinalityBench(100, 100);
        _bench.AdvanceTo(4);
    }

    [TearDown]
    public void Close() => _bench.Dispose();

    public static IEnumerable<TestCaseData> Conflicts()
    {
        CheckpointVote vote = new(7, A, 15, A);
        yield return Case("double vote, other target", vote, vote with { TargetId = B });
        yield return Case("double vote, other source", vote, vote with { SourceHeight = 3 });
        yield return Case("double vote, other source id", vote, vote with { SourceId = B });
        yield return Case("surround vote", vote, new CheckpointVote(3, A, 19, A));
        yield return Case("surround vote on another branch", vote, new CheckpointVote(3, A, 19, B));

        static TestCaseData Case(string name, CheckpointVote first, CheckpointVote second)
        {
            return new TestCaseData(first, second).SetName($"Evidence: {name}");
        }
    }

    [TestCaseSource(nameof(Conflicts))]
    public void Conflicting_votes_are_slashed_once_in_whatever_order(CheckpointVote first, CheckpointVote second)
    {
        Evidence evidence = Evidence.OfVotes(_bench.Sign(0, first), _bench.Sign(0, second, nonce: 1));
        Evidence turned = Evidence.OfVotes(_bench.Sign(0, second, nonce: 8), _bench.Sign(0, first, nonce: 9));

        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_bench.PowerOf(0), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.PowerOf(1), Is.EqualTo(Amount.FromCoins(100).BaseUnits));
        Assert.That(_bench.State.GetAccount(FinalityBench.Reporter).Balance, Is.EqualTo(Amount.FromCoins(40)));
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.AlreadyCounted));
        Assert.That(_bench.Report(turned), Is.EqualTo(ValidationCode.AlreadyCounted));
        Assert.That(_bench.State.GetAccount(FinalityBench.Reporter).Balance, Is.EqualTo(Amount.FromCoins(40)));
    }

    public static IEnumerable<TestCaseData> Harmless()
    {
        CheckpointVote vote = new(7, A, 15, A);
        yield return new TestCaseData(vote, vote).SetName("Harmless: the same vote twice");
        yield return new TestCaseData(vote, new CheckpointVote(15, A, 19, A)).SetName("Harmless: the next vote");
        yield return new TestCaseData(vote, new CheckpointVote(7, A, 19, B)).SetName("Harmless: the same source, a later target");
        yield return new TestCaseData(vote, new CheckpointVote(11, A, 19, A)).SetName("Harmless: overlapping links");
    }

    [TestCaseSource(nameof(Harmless))]
    public void Votes_that_one_account_may_sign_prove_nothing(CheckpointVote first, CheckpointVote second)
    {
        Evidence evidence = Evidence.OfVotes(_bench.Sign(0, first), _bench.Sign(0, second, nonce: 1));
        Refuses(evidence);
        Refuses(new Evidence(evidence.Kind, evidence.Second, evidence.First));
    }

    [Test]
    public void Forged_votes_prove_nothing()
    {
        CheckpointVote vote = new(7, A, 15, A);
        Transaction first = _bench.Sign(0, vote);
        Transaction second = _bench.Sign(0, vote with { TargetId = B });
        byte[] signature = second.Signature.ToArray();
        signature[5] ^= 1;
        Transaction[] forged =
        [
            new(second.Body, signature),
            new(second.Body with { Nonce = 7 }, second.Signature),
            new(second.Body with { PublicKey = _bench.Keys[1].PublicKey }, second.Signature),
            new(second.Body with { Payload = (vote with { TargetId = Hash256.Zero }).Encode() }, second.Signature),
            new(second.Body with { SchemeId = 9 }, second.Signature),
            TransactionSigner.Sign(_bench.Keys[0], second.Body with { ChainId = 5 }),
            TransactionSigner.Sign(_bench.Keys[0], second.Body with { Kind = TransactionKind.Transfer }),
            TransactionSigner.Sign(_bench.Keys[0], second.Body with { Payload = new byte[] { 0xC0 } }),
            TransactionSigner.Sign(_bench.Keys[0], second.Body with { Payload = (vote with { TargetHeight = 7 }).Encode() }),
            _bench.Sign(1, vote with { TargetId = B }),
        ];
        foreach (Transaction other in forged)
        {
            Refuses(Evidence.OfVotes(first, other));
            Refuses(Evidence.OfVotes(other, first));
        }

        Refuses(new Evidence(EvidenceKind.Blocks, first.Encode(), second.Encode()));
        Refuses(new Evidence(EvidenceKind.Votes, first.Encode(), default));
        Assert.That(_bench.Report(Evidence.OfVotes(first, second)), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void Two_blocks_of_one_producer_on_one_parent_are_slashed_once()
    {
        SignedHeader[] headers = [.. new ulong[] { 1, 2, 3 }.Select(nonce => Seal(Header() with { Nonce = nonce }))];

        Assert.That(_bench.Report(Evidence.OfBlocks(headers[0], headers[1])), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_bench.PowerOf(0), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.Report(Evidence.OfBlocks(headers[1], headers[0])), Is.EqualTo(ValidationCode.AlreadyCounted));
        Assert.That(_bench.Report(Evidence.OfBlocks(headers[1], headers[2])), Is.EqualTo(ValidationCode.AlreadyCounted), "one parent, one offence");
        SignedHeader[] elsewhere = [.. headers.Select(header => Seal(header.Header with { ParentHash = B }))];
        Assert.That(
            _bench.Report(Evidence.OfBlocks(elsewhere[0], elsewhere[1])), Is.EqualTo(ValidationCode.StakeTooSmall), "nothing is left to take");
    }

    [Test]
    public void Headers_that_are_no_equivocation_prove_nothing()
    {
        SignedHeader first = Seal(Header());
        SignedHeader second = Seal(Header() with { Nonce = 1 });
        byte[] signature = second.Seal.Signature.ToArray();
        signature[5] ^= 1;
        SignedHeader[] wrong =
        [
            first,
            new(first.Header, ProducerSeal.Sign(_bench.Keys[0], first.Header)),
            Seal(second.Header with { ParentHash = B }),
            Seal(second.Header with { ChainId = 5 }),
            Seal(second.Header with { Producer = _bench.Keys[1].Address }, voter: 1),
            second with { Seal = second.Seal with { Signature = signature } },
            second with { Seal = first.Seal },
            second with { Seal = ProducerSeal.Empty },
            second with { Seal = new ProducerSeal(_bench.Keys[1].PublicKey, _bench.Keys[1].Sign(ProducerSeal.HashForSigning(second.Header.Id))) },
            second with { Header = second.Header with { Height = 9 } },
        ];
        foreach (SignedHeader other in wrong)
        {
            Refuses(Evidence.OfBlocks(first, other));
            Refuses(Evidence.OfBlocks(other, first));
        }

        Refuses(new Evidence(EvidenceKind.Votes, first.Encode(), second.Encode()));
        Refuses(new Evidence(EvidenceKind.Blocks, first.Encode(), new byte[] { 0xC0 }));
        Assert.That(_bench.Report(Evidence.OfBlocks(first, second)), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void Nobody_reports_himself_and_accounts_without_stake_leave_no_record()
    {
        CheckpointVote vote = new(7, A, 15, A);
        Evidence evidence = Evidence.OfVotes(_bench.Sign(0, vote), _bench.Sign(0, vote with { TargetId = B }));
        Assert.That(_bench.Report(evidence, _bench.Keys[0].Address), Is.EqualTo(ValidationCode.BadEvidence));
        _bench.Unstake(0);
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.StakeTooSmall));
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.StakeTooSmall));
    }

    [Test]
    public void Forms_and_limits_are_checked_without_state()
    {
        byte[] item = new byte[Evidence.MaxItemBytes];
        Evidence largest = new(EvidenceKind.Votes, item, item);
        Evidence tooLong = largest with { First = new byte[Evidence.MaxItemBytes + 1] };
        FinalityModule module = _bench.Module;

        Assert.That(module.CheckPayload(TransactionKind.Evidence, largest.Encode()).Code, Is.EqualTo(ValidationCode.Ok));
        Assert.That(module.CheckPayload(TransactionKind.Evidence, tooLong.Encode()).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(
            module.CheckPayload(TransactionKind.Evidence, new byte[Evidence.MaxEncodedBytes + 1]).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(
            module.CheckPayload(TransactionKind.Evidence, (largest with { Kind = (EvidenceKind)3 }).Encode()).Code,
            Is.EqualTo(ValidationCode.Malformed));
        Assert.That(
            module.CheckPayload(TransactionKind.CheckpointVote, new byte[CheckpointVote.MaxEncodedBytes + 1]).Code,
            Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(module.CheckPayload(TransactionKind.CheckpointVote, new CheckpointVote(7, A, 15, A).Encode()).IsValid, Is.True);
        Assert.That(
            module.CheckPayload(TransactionKind.CheckpointVote, new CheckpointVote(7, A, 7, B).Encode()).Code,
            Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(module.CheckPayload(TransactionKind.CheckpointVote, []).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void Mutated_votes_never_throw_and_what_decodes_is_canonical()
    {
        byte[] valid = new CheckpointVote(7, A, 15, B).Encode();
        Fuzzer fuzzer = new(7, "vote");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (CheckpointVote.TryDecode(mutated, out CheckpointVote? vote).IsValid)
            {
                Assert.That(vote!.Encode(), Is.EqualTo(mutated));
            }
        }
    }

    [Test]
    public void Mutated_evidence_never_throws_and_never_convicts()
    {
        CheckpointVote vote = new(7, A, 15, A);
        byte[] votes = Evidence.OfVotes(_bench.Sign(0, vote), _bench.Sign(0, vote with { TargetId = B })).Encode();
        byte[] blocks = Evidence.OfBlocks(Seal(Header()), Seal(Header() with { Nonce = 1 })).Encode();
        Fuzzer fuzzer = new(8, "evidence");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] valid = i % 2 == 0 ? votes : blocks;
            byte[] mutated = fuzzer.Mutate(valid);
            if (Evidence.TryDecode(mutated, out Evidence? evidence).IsValid && !mutated.AsSpan().SequenceEqual(valid))
            {
                Assert.That(evidence!.Encode(), Is.EqualTo(mutated));
                Refuses(evidence);
            }
        }
    }

    private BlockHeader Header() => new()
    {
        ChainId = FinalityBench.Parameters.ChainId,
        Height = 5,
        ParentHash = A,
        TimestampMs = 1,
        Bits = 1,
        Producer = _bench.Keys[0].Address,
        TransactionRoot = A,
        StateRoot = A,
        ReceiptsRoot = A,
    };

    private SignedHeader Seal(BlockHeader header, int voter = 0) => new(header, ProducerSeal.Sign(_bench.Keys[voter], header));

    private void Refuses(Evidence evidence)
    {
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.BadEvidence));
        Assert.That(_bench.PowerOf(0), Is.EqualTo(Amount.FromCoins(100).BaseUnits));
    }
}
