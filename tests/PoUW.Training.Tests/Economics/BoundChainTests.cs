using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

/// <summary>A chain with production rules throughout (tile work, difficulty, leases, finality) and real certificates at the easiest target.</summary>
[TestFixture]
public sealed class BoundChainTests
{
    private static readonly TileWorkShape Small = new(32, 32, 512, false, false);

    private readonly Clock _clock = new();
    private KeyPair _client = null!;
    private KeyPair _worker = null!;
    private KeyPair _miner = null!;
    private NetworkParameters _parameters = null!;
    private JobManifest _manifest = null!;

    [OneTimeSetUp]
    public void MakeNetwork()
    {
        _client = KeyPair.Generate(new SeededRandomSource(1, "client"));
        _worker = KeyPair.Generate(new SeededRandomSource(1, "worker"));
        _miner = KeyPair.Generate(new SeededRandomSource(1, "miner"));
        _parameters = NetworkParameters.Development with
        {
            GenesisTicketsPerBlock = 1,
            Stakes = [new GenesisStake(_worker.Address, Amount.FromCoins(50), StakeRoles.Worker)],
            Allocations = [new GenesisAllocation(_client.Address, Amount.FromCoins(1_000))],
        };
        _manifest = LedgerHarness.WorkManifest() with { Client = _client.Address };
    }

    [OneTimeTearDown]
    public void DisposeKeys()
    {
        _client.Dispose();
        _worker.Dispose();
        _miner.Dispose();
    }

    [Test]
    public void A_training_product_wins_a_block_once_and_a_reorganisation_takes_it_back()
    {
        BlockChain chain = Open();
        BlockChain other = Open();
        BoundClaim claim = GrowToTheFirstClaim(chain, other);
        WorkLease lease = WorkLedger.FindLease(chain.HeadState, claim.LeaseId)!;
        ulong due = lease.Schedule.EarliestBlockMs(0);

        Block bound = MineBound(chain, claim, due);
        Assert.That(chain.Import(bound).ToString(), Is.EqualTo("Ok"));
        Assert.That(WorkLedger.IsCredited(chain.HeadState, claim.Nullifier), Is.False);
        Assert.That(chain.Import(MineBound(chain, claim, due + 400)).Code, Is.EqualTo(ValidationCode.AlreadyCredited), "in its own child");
        Extend(chain, due + 600);
        Assert.That(WorkLedger.IsCredited(chain.HeadState, claim.Nullifier), Is.True);
        WorkWin win = WorkLedger.Wins(chain.HeadState, lease.Id).Single();
        WorkPublicData.TryDecode(bound.Certificate.PublicData.Span, out WorkPublicData? data);
        Assert.That((win.Step, win.Operation, win.Height), Is.EqualTo((0UL, 0U, bound.Header.Height)));
        Assert.That(win.Operands, Is.EqualTo(OperationDigest.Of(data!)));
        Assert.That(win.Bonus, Is.LessThanOrEqualTo(SubsidySplit.BonusShare(_parameters)).And.GreaterThan(Amount.Zero));
        AssertSupply(chain);

        for (ulong step = 1; step <= 3; step++)
        {
            Extend(other, due + (500 * step));
        }

        for (ulong height = bound.Header.Height; height <= other.Head.Header.Height; height++)
        {
            Assert.That(chain.Import(other.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        Assert.That(chain.Head.Id, Is.EqualTo(other.Head.Id));
        Assert.That(WorkLedger.IsCredited(chain.HeadState, claim.Nullifier), Is.False, "on this branch the operation has won nothing");
        Assert.That(WorkLedger.Wins(chain.HeadState, lease.Id), Is.Empty);
        Assert.That(chain.HeadState.Root, Is.EqualTo(other.HeadState.Root));
        AssertSupply(chain);
    }

    [Test]
    public void A_ticket_counts_for_its_lease_holder_operation_and_parent_only()
    {
        BlockChain chain = Open();
        BoundClaim claim = GrowToTheFirstClaim(chain);
        ulong due = WorkLedger.FindLease(chain.HeadState, claim.LeaseId)!.Schedule.EarliestBlockMs(0);
        Block good = MineBound(chain, claim, due);

        Block stolen = Seal(good.Header with { Producer = _miner.Address }, good.Certificate, _miner);

        // Under another producer the state hashes to another ticket. Seals are random, so that one is under the target now and then; its tile is still wrong.
        Assert.That(
            chain.Import(stolen).Code,
            Is.AnyOf(ValidationCode.TicketAboveTarget, ValidationCode.NotLeaseHolder, ValidationCode.WrongTileState));
        Assert.That(chain.Import(MineBound(chain, claim, due, _miner)).Code, Is.EqualTo(ValidationCode.NotLeaseHolder));
        Block elsewhere = Seal(good.Header with { Claim = claim with { Step = 1 } }, good.Certificate, _worker);
        Assert.That(chain.Import(elsewhere).Code, Is.EqualTo(ValidationCode.BadBinding));
        Block unbound = Seal(good.Header with { Claim = null }, good.Certificate, _worker);
        Assert.That(chain.Import(unbound).Code, Is.EqualTo(ValidationCode.BadBinding));
        Assert.That(chain.Import(MineBound(chain, claim with { Step = 3 }, due)).Code, Is.EqualTo(ValidationCode.NotScheduled));
        Assert.That(chain.Import(MineBound(chain, claim with { Operation = 1 }, due)).Code, Is.EqualTo(ValidationCode.WrongOperationShape));
        Assert.That(chain.Import(good).ToString(), Is.EqualTo("Ok"));
        Extend(chain, due + 500);
        Block late = Seal(good.Header with { Height = good.Header.Height + 1, ParentHash = chain.Head.Id, TimestampMs = due + 700 }, good.Certificate, _worker);
        Assert.That(chain.Import(late).IsValid, Is.False, "the ticket was drawn on another parent");
    }

    private BlockChain Open()
    {
        StakeModule stakes = new(_parameters);
        return new BlockChain(new BlockChainOptions
        {
            Store = new InMemoryKeyValueStore(),
            Parameters = _parameters,
            WorkVerifier = new TileWorkVerifier(new NetworkRules(_parameters)),
            Difficulty = new AsertDifficulty(_parameters),
            Modules = [stakes, new JobModule(), new WorkModule(), new FinalityModule(stakes, stakes, new Secp256k1Scheme())],
            Leases = new LeaseView(_parameters),
            Time = _clock,
        });
    }

    /// <summary>The job is in block 1, whose end grants the lease; block 4 is the first that may claim.</summary>
    private BoundClaim GrowToTheFirstClaim(params BlockChain[] chains)
    {
        byte[] payload = new SubmitJobPayload(_manifest, _manifest.TotalPrice + Amount.FromCoins(100)).Encode();
        Transaction submission = new TransactionSigner(_parameters).Sign(_client, TransactionKind.SubmitJob, 0, payload);
        BlockChain chain = chains[0];
        ulong genesis = _parameters.GenesisTimeMilliseconds;
        Extend(chain, genesis + 1_000, submission);
        Extend(chain, genesis + 1_600);
        Extend(chain, genesis + 2_200);
        for (ulong height = 1; height <= 3; height++)
        {
            Block block = chain.GetBlockByHeight(height)!;
            Assert.That(chains.Skip(1).Select(copy => copy.Import(block).ToString()), Is.All.EqualTo("Ok"));
        }

        return new BoundClaim(_manifest.JobId, 0, 0, 0, 0);
    }

    private void Extend(BlockChain chain, ulong timeMs, params Transaction[] transactions)
    {
        _clock.Now = timeMs;
        for (ulong nonce = 0; ; nonce++)
        {
            BlockTemplate template = chain.Propose(_miner.Address, transactions, timeMs);
            BlockTemplate tried = template with { Header = template.Header with { Nonce = nonce } };
            BigInteger target = TargetOf(tried.Header);
            if (Mine(WorkTemplate.Unbound(_parameters.ChainId, tried.IncompleteHeader.Span, target), Small, 1) is { } certificate)
            {
                Assert.That(chain.Import(tried.Complete(certificate, _miner)).ToString(), Is.EqualTo("Ok"));
                return;
            }
        }
    }

    private Block MineBound(BlockChain chain, BoundClaim claim, ulong timeMs, KeyPair? producer = null)
    {
        _clock.Now = timeMs;
        KeyPair key = producer ?? _worker;
        BlockTemplate template = chain.ProposeBound(key.Address, claim, timeMs);
        BlockHeader header = template.Header;
        WorkTemplate work = WorkTemplate.Bound(
            _parameters.ChainId, header.Height, header.ParentHash, header.Bits, claim, key.Address, TargetOf(header));
        for (int seed = 2; ; seed++)
        {
            if (Mine(work, LedgerHarness.Plan.Operations[0], seed) is { } certificate)
            {
                return template.Complete(certificate, key);
            }
        }
    }

    private static Block Seal(BlockHeader header, WorkCertificate certificate, KeyPair key) =>
        new BlockTemplate(header with { CertificateCommitment = default }, []).Complete(certificate, key);

    private static BigInteger TargetOf(BlockHeader header)
    {
        Assert.That(CompactTarget.TryDecode(header.Bits, out BigInteger target), Is.True);
        return target;
    }

    private static WorkCertificate? Mine(WorkTemplate template, in TileWorkShape shape, int seed)
    {
        Random random = new(seed);
        return new TileWorkOracle(shape, Matrix(random, shape.M * shape.K), Matrix(random, shape.K * shape.N), template).Search(template.Target);
    }

    private static sbyte[] Matrix(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (sbyte)random.Next(-63, 64))];

    private void AssertSupply(BlockChain chain)
    {
        StateSnapshot state = chain.HeadState;
        Address[] accounts = [_client.Address, _worker.Address, _miner.Address, StakeLedger.Vault, JobLedger.EscrowAccount(_manifest.JobId)];
        Amount total = accounts.Aggregate(Amount.Zero, (sum, account) => sum + state.GetAccount(account).Balance);
        Assert.That(total, Is.EqualTo(state.Minted - state.Burned));
        Assert.That(state.Minted, Is.EqualTo(Amount.FromCoins(1_050) + (SubsidySplit.BaseShare(_parameters) * chain.Head.Header.Height)));
    }

    private sealed class Clock : TimeProvider
    {
        public ulong Now { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)Now);
    }
}
