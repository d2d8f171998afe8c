using PoUW.Core.Archive;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>A chain that begins with the state of its trusted checkpoint.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SnapshotAdoptionTests
{
    private const int Trusted = 20;

    private readonly TestNet _net = new();
    private readonly InMemoryKeyValueStore _store = new();
    private BlockChain _source = null!;
    private List<Block> _blocks = null!;

    [SetUp]
    public void Grow()
    {
        _source = _net.Open();
        _blocks = [];
        for (ulong i = 0; i < 40; i++)
        {
            _blocks.Add(_net.Next(_source, [_net.Pay(_net.Alice, i, 1)]));
            Assert.That(_source.Import(_blocks[^1]).ToString(), Is.EqualTo("Ok"));
        }
    }

    [TearDown]
    public void Dispose()
    {
        _net.Dispose();
        _store.Dispose();
    }

    [Test]
    public void The_chain_goes_on_with_the_blocks_above_and_ends_where_the_others_do()
    {
        BlockChain chain = Begun();
        Assert.That((chain.Head.Id, chain.BaseHeight, chain.FinalizedHeight), Is.EqualTo((Checkpoint.Id, (ulong)Trusted, (ulong)Trusted)));
        Assert.That(chain.HeadState.Root, Is.EqualTo(_blocks[Trusted - 1].Header.StateRoot));
        foreach (Block block in _blocks[Trusted..])
        {
            Assert.That(chain.Import(block).ToString(), Is.EqualTo("Ok"), "the beacon needs the ticket of the block, the clock its ancestors");
        }

        Assert.That(chain.Head.Id, Is.EqualTo(_source.Head.Id));
        BlockChain again = _net.Open(_store, WithTrust);
        Assert.That((again.Head.Id, again.BaseHeight), Is.EqualTo((_source.Head.Id, (ulong)Trusted)));
    }

    [Test]
    public void What_is_below_is_unknown_or_refused_and_nothing_throws()
    {
        BlockChain chain = Begun();
        Assert.That(chain.GetIdByHeight(Trusted - SnapshotAdoption.AncestorCount - 1), Is.Null);
        Assert.That(chain.GetBlockByHeight(5), Is.Null);
        foreach (Block below in _blocks[..Trusted])
        {
            Assert.That(chain.Import(below).IsValid, Is.False);
        }

        Block fork = TestNet.Mine(_blocks[Trusted - 2].Header with { ParentHash = _blocks[Trusted - 3].Id, TimestampMs = _blocks[Trusted - 2].Header.TimestampMs + 1 }, []);
        Assert.That(chain.Import(fork).Code, Is.EqualTo(ValidationCode.BelowFinalized));
    }

    [Test]
    public void The_store_passes_the_check_and_old_states_and_witnesses_can_be_pruned()
    {
        BlockChain chain = Begun(options => options with { KeptStates = 4, KeptWitnesses = 4 });
        foreach (Block block in _blocks[Trusted..])
        {
            Assert.That(chain.Import(block).ToString(), Is.EqualTo("Ok"));
            chain.PruneWitnesses(8);
            chain.PruneStates(8);
        }

        IntegrityReport report = IntegrityCheck.Run(_store, _net.Parameters.MaxBlockBytes, chain.Genesis.Id);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.IsClean, Is.True);
        Assert.That(chain.HeadState.GetAccount(_net.Bob.Address), Is.EqualTo(_source.HeadState.GetAccount(_net.Bob.Address)));
    }

    [Test]
    public void A_missing_block_above_the_base_is_still_found()
    {
        BlockChain chain = Begun();
        _blocks[Trusted..].ForEach(block => chain.Import(block));
        _store.Apply(new WriteBatch().Delete([.. "chain/block/"u8, .. _blocks[Trusted + 3].Id.ToArray()]));
        IntegrityReport report = IntegrityCheck.Run(_store, _net.Parameters.MaxBlockBytes, chain.Genesis.Id);
        Assert.That(report.IsClean, Is.False);
    }

    [Test]
    public void A_fork_above_the_base_is_followed_when_it_is_heavier()
    {
        BlockChain chain = Begun();
        Assert.That(chain.Import(_blocks[Trusted]).IsValid, Is.True);
        BlockChain other = _net.Open();
        _blocks[..Trusted].ForEach(block => other.Import(block));
        List<Block> branch = _net.Grow(other, 3, offsetMs: 3);
        branch.ForEach(block => Assert.That(chain.Import(block).ToString(), Is.EqualTo("Ok")));
        Assert.That(chain.Head.Id, Is.EqualTo(branch[^1].Id));
    }

    [Test]
    public void Whatever_does_not_belong_to_the_trusted_id_is_refused()
    {
        Block block = _blocks[Trusted - 1];
        SnapshotAdoption adoption = new(Options(_store));
        Assert.That(adoption.Begin(_blocks[Trusted].Header).Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
        Assert.That(() => adoption.Finish(block, Receipts, Ancestors), Throws.InvalidOperationException);
        Fill(adoption);
        List<BlockHeader> swapped = [Ancestors[1], Ancestors[0], .. Ancestors.Skip(2)];
        Receipt other = Receipts[0] with { GasUsed = 1 };
        Block[] wrong =
        [
            block with { Transactions = [] }, block with { Seal = ProducerSeal.Empty }, block with { Header = block.Header with { Nonce = 7 } },
            block with { Certificate = block.Certificate with { PublicData = new byte[8] } },
        ];
        Assert.That(wrong.Select(changed => adoption.Finish(changed, Receipts, Ancestors).IsValid), Is.All.False);
        Assert.That(adoption.Finish(block, [other], Ancestors).Code, Is.EqualTo(ValidationCode.WrongReceiptsRoot));
        Assert.That(adoption.Finish(block, Receipts, swapped).Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
        Assert.That(adoption.Finish(block, Receipts, [.. Ancestors.Skip(1)]).Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
        Assert.That(_net.Open(_store, WithTrust).Head.Height, Is.Zero, "nothing was written");
        Assert.That(adoption.Finish(block, Receipts, Ancestors).ToString(), Is.EqualTo("Ok"));
    }

    /// <summary>The store ends at every batch in turn: the chain is at genesis then, or at the trusted block, and the next try gets there.</summary>
    [Test]
    public void A_crash_at_any_batch_leaves_genesis_or_the_whole()
    {
        for (int batches = 0; ; batches++)
        {
            using InMemoryKeyValueStore kept = new();
            bool ended = TryBegin(new EndingStore(kept, batches));
            using (InMemoryKeyValueStore copy = new())
            {
                Copy(kept, copy);
                Assert.That(_net.Open(copy).Head.Height, Is.EqualTo(ended ? (ulong)Trusted : 0), $"after {batches} batches");
            }

            if (ended)
            {
                Assert.That(batches, Is.GreaterThan(3));
                return;
            }

            Assert.That(TryBegin(kept), Is.True);
            Assert.That(_net.Open(kept, WithTrust).HeadState.GetAccount(_net.Bob.Address), Is.EqualTo(_source.StateAt(_blocks[Trusted - 1].Header.StateRoot).GetAccount(_net.Bob.Address)));
        }
    }

    [Test]
    public void Only_a_chain_at_genesis_can_begin_so()
    {
        Assert.That(SnapshotAdoption.IsPossible(_store), Is.True);
        Assert.That(() => new SnapshotAdoption(Options(_store) with { TrustedCheckpoint = null }), Throws.ArgumentException);
        BlockChain chain = _net.Open(_store);
        Assert.That(SnapshotAdoption.IsPossible(_store), Is.True);
        chain.Import(_blocks[0]);
        Assert.That(SnapshotAdoption.IsPossible(_store), Is.False);
        Assert.That(() => new SnapshotAdoption(Options(_store)), Throws.InstanceOf<ChainException>());
        using InMemoryKeyValueStore begun = new();
        Assert.That(TryBegin(begun), Is.True);
        Assert.That(SnapshotAdoption.IsPossible(begun), Is.False);
    }

    private Checkpoint Checkpoint => new(Trusted, _blocks[Trusted - 1].Id);

    private IReadOnlyList<Receipt> Receipts => _source.GetReceipts(Checkpoint.Id)!;

    private List<BlockHeader> Ancestors => [.. _blocks.Take(Trusted - 1).Reverse().Take(SnapshotAdoption.AncestorCount).Select(block => block.Header)];

    private BlockChainOptions WithTrust(BlockChainOptions options) => options with { TrustedCheckpoint = Checkpoint };

    private BlockChainOptions Options(IKeyValueStore store)
    {
        BlockChainOptions? seen = null;
        _net.Open(new InMemoryKeyValueStore(), options => seen = WithTrust(options));
        return seen! with { Store = store };
    }

    private BlockChain Begun(Func<BlockChainOptions, BlockChainOptions>? change = null)
    {
        Assert.That(TryBegin(_store), Is.True);
        return _net.Open(_store, options => change is null ? WithTrust(options) : change(WithTrust(options)));
    }

    private bool TryBegin(IKeyValueStore store)
    {
        try
        {
            SnapshotAdoption adoption = new(Options(store));
            Fill(adoption);
            Assert.That(adoption.Finish(_blocks[Trusted - 1], Receipts, Ancestors).ToString(), Is.EqualTo("Ok"));
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private void Fill(SnapshotAdoption adoption)
    {
        Assert.That(adoption.Begin(_blocks[Trusted - 1].Header).ToString(), Is.EqualTo("Ok"));
        SnapshotExporter exporter = new(_source.StateAt(_blocks[Trusted - 1].Header.StateRoot));
        while (!adoption.State!.IsComplete)
        {
            Assert.That(adoption.State.Add(exporter.Next(adoption.State.After, maxBytes: 100)!).ToString(), Is.EqualTo("Ok"));
        }
    }

    private static void Copy(InMemoryKeyValueStore from, InMemoryKeyValueStore to)
    {
        WriteBatch all = new();
        foreach ((byte[] key, byte[] value) in from.ScanPrefix(default))
        {
            all.Put(key, value);
        }

        to.Apply(all);
    }

    private sealed class EndingStore(InMemoryKeyValueStore inner, int batches) : IKeyValueStore
    {
        private int _left = batches;

        public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

        public IKeyValueSnapshot Snapshot() => inner.Snapshot();

        public void Apply(WriteBatch batch)
        {
            if (_left-- <= 0)
            {
                throw new StoreException(StoreFailure.DiskFull, "ended");
            }

            inner.Apply(batch);
        }

        public void Dispose()
        {
        }
    }
}
