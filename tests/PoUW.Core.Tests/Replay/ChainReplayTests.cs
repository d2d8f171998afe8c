using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Replay;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Replay;

public sealed class ChainReplayTests
{
    private TestNet _net = null!;
    private InMemoryKeyValueStore _store = null!;
    private BlockChain _chain = null!;
    private List<Block> _blocks = null!;

    [SetUp]
    public void Make()
    {
        _net = new TestNet();
        _store = new InMemoryKeyValueStore();
        _chain = _net.Open(_store);
        _blocks = [];
        for (ulong i = 0; i < 6; i++)
        {
            Block block = _net.Next(_chain, [_net.Pay(_net.Alice, i, 1), _net.Pay(_net.Bob, i, 2)]);
            Assert.That(_chain.Import(block).IsValid, Is.True);
            _blocks.Add(block);
        }
    }

    [TearDown]
    public void Drop()
    {
        _net.Dispose();
        _store.Dispose();
    }

    [TestCase(0)]
    [TestCase(2_000)]
    [TestCase(1 << 24)]
    public void Gives_the_same_chain(int groupBytes)
    {
        CountingScheme scheme = new();
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(Stored(), target, At(4), scheme, groupBytes);

        BlockChain replayed = _net.Open(target);
        Assert.Multiple(() =>
        {
            Assert.That(result.Result, Is.EqualTo(ValidationResult.Ok));
            Assert.That((result.Replayed, result.Vouched), Is.EqualTo((6UL, 4UL)));
            Assert.That(replayed.Head.Id, Is.EqualTo(_chain.Head.Id));
            Assert.That(replayed.HeadState.GetAccount(_net.Alice.Address), Is.EqualTo(_chain.HeadState.GetAccount(_net.Alice.Address)));
            Assert.That(replayed.Finalized, Is.EqualTo(At(4)));
            Assert.That(replayed.FindTransaction(_blocks[1].Transactions[1].Id), Is.EqualTo(new TransactionLocation(_blocks[1].Id, 1)));
            Assert.That(replayed.GetReceipts(_blocks[5].Id), Has.Count.EqualTo(2));
        });

        // Two transactions in each of the two blocks above the checkpoint, and the seal of every block.
        Assert.That((scheme.Transactions, scheme.Seals), Is.EqualTo((4, 6)));
    }

    [Test]
    public void Without_checkpoint_every_signature_is_verified()
    {
        CountingScheme scheme = new();
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(Stored(), target, null, scheme);
        Assert.That((result.Result.Code, result.Vouched, scheme.Transactions), Is.EqualTo((ValidationCode.Ok, 0UL, 12)));
    }

    [Test]
    public void A_bad_signature_above_the_checkpoint_is_refused()
    {
        Block forged = Forge(_blocks[5]);
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource([.. _blocks[..5], forged]), target, At(5));
        Assert.That((result.Result.Code, result.Head.Height, result.Replayed), Is.EqualTo((ValidationCode.InvalidTransaction, 5UL, 5UL)));
        Assert.That(_net.Open(target).Head.Id, Is.EqualTo(_blocks[4].Id), "What was valid stays.");
    }

    [Test]
    public void A_bad_signature_below_the_checkpoint_changes_the_id_and_is_refused_whole()
    {
        List<Block> blocks = [.. _blocks];
        blocks[2] = Forge(blocks[2]);
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource(blocks), target, At(5));
        Assert.That((result.Result.Code, result.Replayed), Is.EqualTo((ValidationCode.WrongCheckpoint, 0UL)));
        Assert.That(target.Scan([], [], 1), Is.Empty, "Nothing was executed, not even genesis was written.");
    }

    [Test]
    public void Forged_transactions_behind_a_vouched_header_are_refused_and_never_taken_as_verified()
    {
        // The header is the right one, so the id is; the body holds a forged copy of a transaction.
        Block swapped = _blocks[2] with { Transactions = [Forge(_blocks[2].Transactions[0]), _blocks[2].Transactions[1]] };
        CountingScheme scheme = new();
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource([.. _blocks[..2], swapped, .. _blocks[3..]]), target, At(5), scheme);
        Assert.That((result.Result.Code, result.Head.Height), Is.EqualTo((ValidationCode.WrongTransactionRoot, 2UL)));
        Assert.That(scheme.Bad, Is.EqualTo(1), "It was verified, not vouched for.");
    }

    [Test]
    public void Another_block_behind_the_header_is_refused()
    {
        SplitSource source = new(_blocks, [.. _blocks[..3], Forge(_blocks[3]), .. _blocks[4..]]);
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(source, target, At(6));
        Assert.That((result.Result.Code, result.Head.Height), Is.EqualTo((ValidationCode.WrongCheckpoint, 3UL)));
    }

    [Test]
    public void A_source_that_does_not_reach_the_checkpoint_is_refused_before_anything_is_executed([Values] bool gap)
    {
        IBlockSource source = gap ? new SplitSource([.. _blocks[..2]], _blocks) : new ListSource(_blocks[..4]);
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(source, target, At(6));
        Assert.That((result.Result.Code, result.Replayed), Is.EqualTo((ValidationCode.WrongCheckpoint, 0UL)));
    }

    [Test]
    public void A_chain_that_leads_elsewhere_is_refused_before_anything_is_executed()
    {
        BlockChain other = _net.Open();
        List<Block> others = _net.Grow(other, 6, offsetMs: 7);
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource(others), target, At(6));
        Assert.That((result.Result.Code, result.Replayed), Is.EqualTo((ValidationCode.WrongCheckpoint, 0UL)));
    }

    [Test]
    public void A_missing_block_below_the_checkpoint_is_named()
    {
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new SplitSource(_blocks, _blocks[..3]), target, At(6));
        Assert.That((result.Result.Code, result.Head.Height), Is.EqualTo((ValidationCode.Malformed, 3UL)));
        Assert.That(result.Result.Message, Does.Contain("height 4"));
    }

    [Test]
    public void Goes_on_from_where_the_target_is()
    {
        using InMemoryKeyValueStore target = new();
        Assert.That(Replay(new ListSource(_blocks[..3]), target, At(2)).Replayed, Is.EqualTo(3));
        CountingScheme scheme = new();
        ChainReplayResult rest = Replay(Stored(), target, At(5), scheme);
        Assert.That((rest.Result.Code, rest.Replayed, rest.Vouched, rest.Head.Id), Is.EqualTo((ValidationCode.Ok, 3UL, 2UL, _chain.Head.Id)));
        Assert.That(scheme.Transactions, Is.EqualTo(2));
    }

    [Test]
    public void A_target_that_contradicts_the_checkpoint_is_refused()
    {
        using InMemoryKeyValueStore target = new();
        _net.Grow(_net.Open(target), 3, offsetMs: 5);
        Assert.That(() => Replay(Stored(), target, At(2)), Throws.InstanceOf<ChainException>());
        Assert.That(Replay(Stored(), target, At(5)).Result.Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
    }

    [Test]
    public void Pruned_witnesses_are_accepted_up_to_the_checkpoint_only()
    {
        List<Block> pruned = [.. _blocks.Select(static block => block with { Certificate = block.Certificate with { Witness = default } })];
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource(pruned), target, At(4));
        Assert.That((result.Result.Code, result.Head.Height), Is.EqualTo((ValidationCode.MissingWitness, 4UL)));
    }

    [Test]
    public void A_wrong_seal_is_refused_below_the_checkpoint_too()
    {
        List<Block> blocks = [.. _blocks];
        blocks[1] = blocks[1] with { Seal = blocks[0].Seal };
        using InMemoryKeyValueStore target = new();
        ChainReplayResult result = Replay(new ListSource(blocks), target, At(6));
        Assert.That((result.Result.Code, result.Head.Height), Is.EqualTo((ValidationCode.BadSignature, 1UL)));
    }

    [Test]
    public void Cancelling_keeps_what_was_executed()
    {
        using CancellationTokenSource stop = new();
        using InMemoryKeyValueStore target = new();
        ChainReplayOptions options = Options(target, At(6), new CountingScheme());
        StopAt progress = new(3, stop);
        Assert.That(() => ChainReplay.Run(Stored(), options, progress, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_net.Open(target).Head.Height, Is.EqualTo(3));
    }

    [Test]
    public void A_store_that_fails_surfaces_and_leaves_a_usable_target()
    {
        using InMemoryKeyValueStore inner = new();
        FailingStore target = new(inner) { FailAt = 4 };
        Assert.That(() => Replay(Stored(), target, At(6), groupBytes: 0), Throws.InstanceOf<StoreException>());
        Assert.That(Replay(Stored(), inner, At(6)).Head.Id, Is.EqualTo(_chain.Head.Id));
    }

    [Test]
    public void A_source_that_throws_surfaces()
    {
        using InMemoryKeyValueStore target = new();
        Assert.That(() => Replay(new ThrowingSource(_blocks, 4), target, At(2)), Throws.InstanceOf<IOException>());
        Assert.That(_net.Open(target).Head.Height, Is.LessThanOrEqualTo(3));
    }

    [Test]
    public void The_finalized_checkpoint_of_a_store_is_known()
    {
        using InMemoryKeyValueStore empty = new();
        Assert.That(new StoredBlocks(empty, 1 << 20).Finalized, Is.Null);
        Assert.That(Stored().Finalized, Is.EqualTo(new Checkpoint(0, _chain.Genesis.Id)));
        Assert.That((Stored().HeaderAt(7), Stored().BlockAt(7)), Is.EqualTo(((BlockHeader?)null, (Block?)null)));
    }

    private static Transaction Forge(Transaction transaction)
    {
        byte[] signature = transaction.Signature.ToArray();
        signature[5] ^= 1;
        return new Transaction(transaction.Body, signature);
    }

    /// <summary>The block with a wrong signature, mined and sealed anew: all else is right.</summary>
    private static Block Forge(Block block)
    {
        List<Transaction> transactions = [Forge(block.Transactions[0]), .. block.Transactions.Skip(1)];
        return TestNet.Mine(block.Header with { TransactionRoot = Block.TransactionRootOf(transactions) }, transactions);
    }

    private StoredBlocks Stored() => new(_store, _net.Parameters.MaxBlockBytes);

    private Checkpoint At(int height) => new((ulong)height, _blocks[height - 1].Id);

    private ChainReplayResult Replay(
        IBlockSource source, IKeyValueStore target, Checkpoint? checkpoint, CountingScheme? scheme = null, int groupBytes = 1 << 20) =>
        ChainReplay.Run(source, Options(target, checkpoint, scheme ?? new CountingScheme()) with { GroupBytes = groupBytes });

    private ChainReplayOptions Options(IKeyValueStore target, Checkpoint? checkpoint, CountingScheme scheme)
    {
        BlockChainOptions? options = null;
        using InMemoryKeyValueStore unused = new();
        _net.Open(unused, o => options = o);
        return new ChainReplayOptions { Target = options! with { Store = target, SignatureScheme = scheme }, Checkpoint = checkpoint };
    }

    private sealed class StopAt(ulong height, CancellationTokenSource stop) : IProgress<ulong>
    {
        public void Report(ulong value)
        {
            if (value == height)
            {
                stop.Cancel();
            }
        }
    }
}
