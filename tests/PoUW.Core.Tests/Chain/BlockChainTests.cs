using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

public sealed class BlockChainTests
{
    private TestNet _net = null!;

    [SetUp]
    public void Open() => _net = new TestNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Genesis_binds_the_parameters_and_mints_the_allocations()
    {
        BlockChain chain = _net.Open();

        Assert.That(chain.Genesis.Header.ParentHash, Is.EqualTo(NetworkParametersCodec.Hash(_net.Parameters)));
        Assert.That(chain.HeadState.GetAccount(_net.Alice.Address).Balance, Is.EqualTo(Amount.FromCoins(1_000)));
        Assert.That(chain.HeadState.Minted, Is.EqualTo(Amount.FromCoins(2_000)));
        Assert.That(chain.HeadState.GetRecord(CounterModule.Counter), Is.EqualTo(new byte[] { 0 }));
        Assert.That(chain.Head.Id, Is.EqualTo(chain.Genesis.Id));
        using TestNet other = new(parameters => parameters with { Name = "other" });
        Assert.That(other.Open().Genesis.Id, Is.Not.EqualTo(chain.Genesis.Id));
    }

    [Test]
    public void Fees_are_burned_and_tipped_and_the_subsidy_is_minted()
    {
        BlockChain chain = _net.Open();
        Transaction payment = _net.Pay(_net.Alice, 0, 10, tip: 5);
        Assert.That(chain.Import(_net.Next(chain, [payment])).IsValid, Is.True);

        ulong gas = TransactionGas.Of(payment.Body);
        Amount burned = _net.Parameters.BaseFeePerGas * gas;
        Amount tip = Amount.FromBaseUnits(5 * gas);
        StateSnapshot state = chain.HeadState;
        Assert.That(state.GetAccount(_net.Alice.Address).Balance, Is.EqualTo(Amount.FromCoins(990) - burned - tip));
        Assert.That(state.GetAccount(_net.Alice.Address).Nonce, Is.EqualTo(1));
        Assert.That(state.GetAccount(_net.Bob.Address).Balance, Is.EqualTo(Amount.FromCoins(1_010)));
        Assert.That(state.GetAccount(TestNet.Miner).Balance, Is.EqualTo(SubsidySplit.BaseShare(_net.Parameters) + tip));
        Assert.That(state.Burned, Is.EqualTo(burned));
        Receipt receipt = chain.GetReceipts(chain.Head.Id)!.Single();
        Assert.That(receipt, Is.EqualTo(new Receipt(payment.Id, ValidationCode.Ok, gas, burned + tip)));
        Assert.That(chain.FindTransaction(payment.Id), Is.EqualTo(new TransactionLocation(chain.Head.Id, 0)));
    }

    [Test]
    public void A_failed_execution_keeps_the_fee_and_nothing_else()
    {
        BlockChain chain = _net.Open();
        Transaction tooMuch = _net.Pay(_net.Alice, 0, 5_000);
        Transaction zeroStep = _net.Signer.Sign(_net.Alice, TransactionKind.Stake, 1, new byte[] { 0 });
        Transaction step = _net.Signer.Sign(_net.Alice, TransactionKind.Stake, 2, new byte[] { 3 });
        Assert.That(chain.Import(_net.Next(chain, [tooMuch, zeroStep, step])).IsValid, Is.True);

        IReadOnlyList<Receipt> receipts = chain.GetReceipts(chain.Head.Id)!;
        Amount fees = receipts.Aggregate(Amount.Zero, (sum, receipt) => sum + receipt.Fee);
        Assert.That(
            receipts.Select(receipt => receipt.Code),
            Is.EqualTo(new[] { ValidationCode.InsufficientBalance, ValidationCode.NotAllowed, ValidationCode.Ok }));
        Assert.That(chain.HeadState.GetRecord(CounterModule.Counter), Is.EqualTo(new byte[] { 3 }));
        Assert.That(chain.HeadState.GetAccount(_net.Alice.Address).Nonce, Is.EqualTo(3));
        Assert.That(chain.HeadState.GetAccount(_net.Alice.Address).Balance, Is.EqualTo(Amount.FromCoins(999) - fees));
    }

    [Test]
    public void Proposals_leave_out_what_does_not_apply()
    {
        BlockChain chain = _net.Open();
        Transaction good = _net.Pay(_net.Alice, 0, 1);
        Transaction gap = _net.Pay(_net.Alice, 5, 1);
        Transaction next = _net.Pay(_net.Alice, 1, 1);
        Block block = _net.Next(chain, [good, gap, next, good]);

        Assert.That(block.Transactions.Select(transaction => transaction.Id), Is.EqualTo(new[] { good.Id, next.Id }));
        Assert.That(chain.Import(block).IsValid, Is.True);
    }

    [Test]
    public void Proposals_keep_to_the_gas_and_size_limits()
    {
        using TestNet gasNet = new(parameters => parameters with { BlockGasLimit = 45_000 });
        BlockChain chain = gasNet.Open();
        Block byGas = gasNet.Next(chain, [gasNet.Pay(gasNet.Alice, 0, 1), gasNet.Pay(gasNet.Alice, 1, 1), gasNet.Pay(gasNet.Alice, 2, 1)]);
        Assert.That(byGas.Transactions, Has.Count.EqualTo(2));
        Assert.That(chain.Import(byGas).IsValid, Is.True);

        using TestNet sizeNet = new(parameters => parameters with { MaxBlockBytes = 4_200 });
        BlockChain small = sizeNet.Open();
        Block bySize = sizeNet.Next(small, Enumerable.Range(0, 40).Select(i => sizeNet.Pay(sizeNet.Alice, (ulong)i, 1)));
        Assert.That(bySize.Transactions, Has.Count.InRange(5, 39));
        Assert.That(small.Import(bySize).IsValid, Is.True);
    }

    [Test]
    public void The_default_time_of_a_proposal_is_the_clock_or_just_after_the_median()
    {
        BlockChain chain = _net.Open();
        Assert.That(chain.Propose(TestNet.Miner, []).Header.TimestampMs, Is.EqualTo((ulong)_net.Time.Now.ToUnixTimeMilliseconds()));
        _net.Time.Now = DateTimeOffset.UnixEpoch;
        Assert.That(chain.Propose(TestNet.Miner, []).Header.TimestampMs, Is.EqualTo(_net.Parameters.GenesisTimeMilliseconds + 1));
    }

    [Test]
    public void The_beacon_is_the_hash_of_the_tickets_of_the_epoch_before_the_last()
    {
        BlockChain chain = _net.Open();
        for (int height = 1; height <= 12; height++)
        {
            _net.Grow(chain, 1);
            Hash256 expected = ExpectedBeacon(chain, (ulong)height);
            Assert.That(chain.HeadState.GetRecord(CounterModule.LastBeacon), Is.EqualTo(expected.ToArray()), $"height {height}");
        }

        Assert.That(ExpectedBeacon(chain, 12), Is.Not.EqualTo(ExpectedBeacon(chain, 8)));
        Assert.That(ExpectedBeacon(chain, 8), Is.Not.EqualTo(ExpectedBeacon(chain, 7)));
    }

    [Test]
    public void Without_the_finality_module_only_genesis_is_final()
    {
        BlockChain chain = _net.Open();
        _net.Grow(chain, 14);

        Assert.That(chain.Finalized, Is.EqualTo(new Checkpoint(0, chain.Genesis.Id)));
        Assert.That(chain.FinalizedHeight, Is.Zero);
    }

    [Test]
    public void Blocks_and_headers_are_found_by_id_and_height()
    {
        BlockChain chain = _net.Open();
        List<Block> blocks = _net.Grow(chain, 3);

        Assert.That(chain.GetBlock(blocks[1].Id)!.Id, Is.EqualTo(blocks[1].Id));
        Assert.That(chain.GetBlockByHeight(2)!.Id, Is.EqualTo(blocks[1].Id));
        Assert.That(chain.GetIdByHeight(3), Is.EqualTo(chain.Head.Id));
        Assert.That(chain.GetHeader(blocks[0].Id), Is.EqualTo(blocks[0].Header));
        Assert.That(chain.GetBlockByHeight(4), Is.Null);
        Assert.That(chain.GetBlock(Hash256.Sha256([1])), Is.Null);
        Assert.That(chain.TotalWork, Is.EqualTo((System.Numerics.BigInteger)64));
        Assert.That(chain.GetPosition(blocks[2].Id)!.TotalWork, Is.EqualTo(chain.TotalWork));
    }

    [Test]
    public void Modules_that_clash_are_refused()
    {
        Assert.That(() => new LedgerModules([new CounterModule(), new CounterModule()]), Throws.ArgumentException);
        Assert.That(new LedgerModules([]).Find(TransactionKind.Stake), Is.Null);
    }

    [Test]
    public void Parameters_that_the_ledger_cannot_carry_are_refused()
    {
        using TestNet net = new(parameters => parameters with { EpochBlocks = 0 });
        Assert.That(() => net.Open(), Throws.ArgumentException);
    }

    [Test]
    public void The_rejecting_verifier_refuses_every_block()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = new(new BlockChainOptions
        {
            Store = store,
            Parameters = _net.Parameters,
            WorkVerifier = new RejectingWorkVerifier(),
            Difficulty = new StepDifficulty(),
            Modules = [new CounterModule()],
            Time = _net.Time,
        });

        Assert.That(chain.Import(_net.Next(_net.Open())).Code, Is.EqualTo(ValidationCode.WrongVersion));
        Assert.That(chain.Head.Height, Is.Zero);
    }

    private static Hash256 ExpectedBeacon(BlockChain chain, ulong height)
    {
        ulong epoch = height / 4;
        if (epoch < 2)
        {
            return Hash256.Sha256([.. "genesis beacon"u8, .. NetworkParametersCodec.Hash(chain.Parameters).ToArray()]);
        }

        List<byte> preimage = [.. "TW1/beacon"u8];
        for (ulong at = (epoch - 2) * 4; at < (epoch - 1) * 4; at++)
        {
            preimage.AddRange(chain.GetPosition(chain.GetIdByHeight(at)!.Value)!.Ticket.ToArray());
        }

        return Hash256.Sha256([.. preimage]);
    }
}
