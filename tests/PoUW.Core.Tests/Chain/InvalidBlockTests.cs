using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>One test for each way in which a block can be wrong. Each is otherwise valid and mined.</summary>
public sealed class InvalidBlockTests
{
    private TestNet _net = null!;
    private BlockChain _chain = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _net.Grow(_chain, 2);
    }

    [TearDown]
    public void Close() => _net.Dispose();

    public static IEnumerable<TestCaseData> WrongHeaders()
    {
        yield return Case("version", ValidationCode.WrongVersion, header => header with { Version = 2 });
        yield return Case("chain", ValidationCode.WrongChain, header => header with { ChainId = 1 });
        yield return Case("height", ValidationCode.WrongHeight, header => header with { Height = 4 });
        yield return Case("parent", ValidationCode.UnknownParent, header => header with { ParentHash = Hash256.Sha256([1]) });
        yield return Case("old time", ValidationCode.BadTimestamp, header => header with { TimestampMs = header.TimestampMs - 2_000 });
        yield return Case("future time", ValidationCode.BadTimestamp, header => header with { TimestampMs = header.TimestampMs + 100_000_000 });
        yield return Case("lower bits", ValidationCode.WrongBits, header => header with { Bits = 3 });
        yield return Case("higher bits", ValidationCode.WrongBits, header => header with { Bits = 5 });
        yield return Case("transaction root", ValidationCode.WrongTransactionRoot, header => header with { TransactionRoot = Hash256.Sha256([1]) });
        yield return Case("receipts root", ValidationCode.WrongReceiptsRoot, header => header with { ReceiptsRoot = Hash256.Sha256([1]) });
        yield return Case("state root", ValidationCode.WrongStateRoot, header => header with { StateRoot = Hash256.Sha256([1]) });
        yield return Case("producer", ValidationCode.WrongStateRoot, header => header with { Producer = TestNet.OtherMinerKey.Address });

        static TestCaseData Case(string name, ValidationCode code, Func<BlockHeader, BlockHeader> change)
        {
            return new TestCaseData(code, change).SetName("Wrong " + name);
        }
    }

    [TestCaseSource(nameof(WrongHeaders))]
    public void A_wrong_header_is_refused(ValidationCode code, Func<BlockHeader, BlockHeader> change)
    {
        Block valid = _net.Next(_chain, [_net.Pay(_net.Alice, 0, 1)]);
        Refuses(TestNet.Mine(change(valid.Header), valid.Transactions), code);
        Assert.That(_chain.Import(valid).IsValid, Is.True);
    }

    [Test]
    public void A_known_block_is_not_imported_twice()
    {
        Block block = _net.Next(_chain);
        Assert.That(_chain.Import(block).IsValid, Is.True);
        Refuses(block, ValidationCode.AlreadyKnown);
    }

    [Test]
    public void A_timestamp_at_the_future_limit_is_valid_and_one_beyond_is_not()
    {
        ulong limit = (ulong)_net.Time.Now.ToUnixTimeMilliseconds() + _net.Parameters.MaxFutureMilliseconds;
        BlockTemplate beyond = _chain.Propose(TestNet.Miner, [], limit + 1);
        Refuses(beyond.Complete(NonceWork.Mine(beyond.Header), TestNet.MinerKey), ValidationCode.BadTimestamp);
        BlockTemplate at = _chain.Propose(TestNet.Miner, [], limit);
        Assert.That(_chain.Import(at.Complete(NonceWork.Mine(at.Header), TestNet.MinerKey)).IsValid, Is.True);
    }

    [Test]
    public void A_certificate_that_the_header_does_not_commit_to_is_refused()
    {
        Block valid = _net.Next(_chain);
        Refuses(
            valid with { Certificate = valid.Certificate with { PublicData = new byte[] { 1 } } }, ValidationCode.WrongCertificateCommitment);
    }

    [Test]
    public void Too_little_work_is_refused()
    {
        BlockTemplate template = _chain.Propose(TestNet.Miner, [], _chain.Head.Header.TimestampMs + 1_000);
        byte[] losing = [.. Enumerable.Range(0, 256).Select(i => new[] { (byte)i })
            .First(data => !new NonceWork().VerifyPublicData(template.Header, data, out _).IsValid)];
        Refuses(template.Complete(new WorkCertificate(losing, default), TestNet.MinerKey), ValidationCode.TicketAboveTarget);
    }

    [Test]
    public void A_bad_witness_is_refused_and_does_not_condemn_the_block()
    {
        Block valid = _net.Next(_chain);
        Refuses(valid with { Certificate = valid.Certificate with { Witness = new byte[32] } }, ValidationCode.BadOpening);
        Refuses(valid with { Certificate = valid.Certificate with { Witness = default } }, ValidationCode.MissingWitness);
        Assert.That(_chain.Import(valid).IsValid, Is.True);
    }

    [Test]
    public void A_wrong_seal_is_refused_and_does_not_condemn_the_block()
    {
        Block valid = _net.Next(_chain);
        byte[] altered = valid.Seal.Signature.ToArray();
        altered[9] ^= 1;
        byte[] otherKey = valid.Seal.PublicKey.ToArray();
        otherKey[0] ^= 1;
        ProducerSeal[] wrong =
        [
            ProducerSeal.Empty,
            valid.Seal with { Signature = altered },
            valid.Seal with { PublicKey = otherKey },
            valid.Seal with { PublicKey = TestNet.OtherMinerKey.PublicKey },
            ProducerSeal.Sign(TestNet.MinerKey, valid.Header with { Nonce = 1 }),
            new(TestNet.OtherMinerKey.PublicKey, TestNet.OtherMinerKey.Sign(ProducerSeal.HashForSigning(valid.Id))),
            new(TestNet.MinerKey.PublicKey, TestNet.MinerKey.Sign(valid.Id)),
        ];
        foreach (ProducerSeal seal in wrong)
        {
            Refuses(valid with { Seal = seal }, ValidationCode.BadSignature);
        }

        Assert.That(_chain.Import(valid).IsValid, Is.True);
        Assert.That(_chain.GetBlock(valid.Id)!.Encode(), Is.EqualTo(valid.Encode()));
    }

    [Test]
    public void A_template_is_sealed_by_its_producer_only()
    {
        BlockTemplate template = _chain.Propose(TestNet.Miner, []);
        Assert.That(() => template.Complete(NonceWork.Mine(template.Header), TestNet.OtherMinerKey), Throws.ArgumentException);
    }

    [Test]
    public void Oversized_parts_are_refused()
    {
        Block valid = _net.Next(_chain);
        Refuses(valid with { Certificate = new WorkCertificate(new byte[Block.MaxPublicDataBytes + 1], default) }, ValidationCode.TooLarge);
        Refuses(
            valid with { Certificate = new WorkCertificate(valid.Certificate.PublicData, new byte[Block.MaxWitnessBytes + 1]) },
            ValidationCode.TooLarge);
    }

    [Test]
    public void A_block_over_the_size_limit_is_refused()
    {
        using TestNet small = new(parameters => parameters with { MaxBlockBytes = 4_200 });
        BlockChain chain = small.Open();
        Transaction[] many = [.. Enumerable.Range(0, 40).Select(i => small.Pay(small.Alice, (ulong)i, 1))];
        Block block = small.Next(chain);
        Block large = TestNet.Mine(block.Header with { TransactionRoot = Block.TransactionRootOf(many) }, many);

        Assert.That(chain.Import(large).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void A_body_of_other_transactions_is_refused_and_does_not_condemn_the_block()
    {
        Block valid = _net.Next(_chain, [_net.Pay(_net.Alice, 0, 1)]);
        Refuses(valid with { Transactions = [] }, ValidationCode.WrongTransactionRoot);
        Assert.That(_chain.Import(valid).IsValid, Is.True);
    }

    [Test]
    public void A_replayed_transaction_is_refused()
    {
        Transaction payment = _net.Pay(_net.Alice, 0, 1);
        Assert.That(_chain.Import(_net.Next(_chain, [payment])).IsValid, Is.True);
        RefusesTransaction(payment, ValidationCode.NonceTooLow);
    }

    [Test]
    public void A_transaction_twice_in_a_block_is_refused()
    {
        Transaction payment = _net.Pay(_net.Alice, 0, 1);
        RefusesTransactions([payment, payment], ValidationCode.NonceTooLow);
    }

    [Test]
    public void A_nonce_gap_is_refused() => RefusesTransaction(_net.Pay(_net.Alice, 1, 1), ValidationCode.NonceTooHigh);

    [Test]
    public void A_sender_who_cannot_pay_the_fee_is_refused()
    {
        using KeyPair poor = KeyPair.Generate(new Randomness.SeededRandomSource(5, "poor"));
        RefusesTransaction(_net.Signer.Transfer(poor, 0, _net.Bob.Address, Amount.Zero), ValidationCode.InsufficientBalance);
    }

    [Test]
    public void A_bad_signature_is_refused()
    {
        Transaction good = _net.Pay(_net.Alice, 0, 1);
        byte[] signature = good.Signature.ToArray();
        signature[40] ^= 1;
        RefusesTransaction(new Transaction(good.Body, signature), ValidationCode.BadSignature);
    }

    [Test]
    public void A_transaction_of_another_chain_is_refused() => RefusesBody(body => body with { ChainId = 5 }, ValidationCode.WrongChain);

    [Test]
    public void An_expired_transaction_is_refused() => RefusesBody(body => body with { ExpiryHeight = 2 }, ValidationCode.Expired);

    [Test]
    public void A_transaction_at_its_expiry_height_is_valid()
    {
        TransactionBody body = _net.Pay(_net.Alice, 0, 1).Body with { ExpiryHeight = 3 };
        Block block = _net.Next(_chain, [TransactionSigner.Sign(_net.Alice, body)]);
        Assert.That(block.Transactions, Has.Count.EqualTo(1));
        Assert.That(_chain.Import(block).IsValid, Is.True);
    }

    [Test]
    public void A_gas_limit_below_the_need_is_refused() => RefusesBody(body => body with { GasLimit = body.GasLimit - 1 }, ValidationCode.OutOfGas);

    [Test]
    public void A_fee_below_base_and_tip_is_refused() => RefusesBody(body => body with { TipPerGas = 1 }, ValidationCode.FeeTooLow);

    [Test]
    public void The_largest_nonce_is_refused() => RefusesBody(body => body with { Nonce = ulong.MaxValue }, ValidationCode.OutOfRange);

    [Test]
    public void An_unknown_kind_is_refused() => RefusesBody(body => body with { Kind = TransactionKind.CloseJob }, ValidationCode.UnknownKind);

    [Test]
    public void An_unknown_scheme_is_refused() => RefusesBody(body => body with { SchemeId = 9 }, ValidationCode.BadSignature);

    [Test]
    public void A_malformed_payload_is_refused()
    {
        RefusesTransaction(_net.Signer.Sign(_net.Alice, TransactionKind.Stake, 0, new byte[] { 1, 2 }), ValidationCode.Malformed);
        RefusesTransaction(_net.Signer.Sign(_net.Alice, TransactionKind.Transfer, 0, new byte[] { 1, 2 }), ValidationCode.Malformed);
    }

    [Test]
    public void A_block_over_the_gas_limit_is_refused()
    {
        using TestNet small = new(parameters => parameters with { BlockGasLimit = 30_000 });
        BlockChain chain = small.Open();
        Transaction[] two = [small.Pay(small.Alice, 0, 1), small.Pay(small.Alice, 1, 1)];
        Block block = small.Next(chain);
        Block over = TestNet.Mine(block.Header with { TransactionRoot = Block.TransactionRootOf(two) }, two);

        Assert.That(chain.Import(over).Code, Is.EqualTo(ValidationCode.BlockGasExceeded));
    }

    [Test]
    public void An_invalid_block_and_its_children_stay_invalid()
    {
        Block valid = _net.Next(_chain);
        Block invalid = TestNet.Mine(valid.Header with { StateRoot = Hash256.Sha256([1]) }, []);
        Refuses(invalid, ValidationCode.WrongStateRoot);
        Refuses(invalid, ValidationCode.InvalidAncestor);
        Block child = TestNet.Mine(valid.Header with { Height = 4, ParentHash = invalid.Id, TimestampMs = valid.Header.TimestampMs + 1_000 }, []);
        Refuses(child, ValidationCode.InvalidAncestor);
    }

    private void RefusesBody(Func<TransactionBody, TransactionBody> change, ValidationCode code)
    {
        RefusesTransaction(TransactionSigner.Sign(_net.Alice, change(_net.Pay(_net.Alice, 0, 1).Body)), code);
    }

    private void RefusesTransaction(Transaction transaction, ValidationCode code) => RefusesTransactions([transaction], code);

    private void RefusesTransactions(Transaction[] transactions, ValidationCode code)
    {
        Block block = _net.Next(_chain);
        Block wrong = TestNet.Mine(block.Header with { TransactionRoot = Block.TransactionRootOf(transactions) }, transactions);
        ValidationResult result = Refuses(wrong, ValidationCode.InvalidTransaction);
        Assert.That(result.Message, Does.StartWith(code.ToString()));
    }

    private ValidationResult Refuses(Block block, ValidationCode code)
    {
        ChainHead before = _chain.Head;
        ValidationResult result = _chain.Import(block);
        Assert.That(result.Code, Is.EqualTo(code), result.ToString());
        Assert.That(_chain.Head, Is.SameAs(before));
        return result;
    }
}
