using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Finality;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>Old witnesses go; checkpoints are 3, 7, 11, ... and a height is final once the next checkpoint is justified.</summary>
public sealed class WitnessPruningTests
{
    private static readonly int[] Voters = [0, 1, 2];

    private FinalityNet _net = null!;

    [SetUp]
    public void Open() => _net = new FinalityNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Witnesses_below_finality_and_the_kept_window_go_and_everything_else_stays()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 4);
        _net.Grow(chain, 14, Voters);
        byte[][] full = [.. Heights(14).Select(height => chain.GetBlockByHeight(height)!.Encode())];
        Assert.That(chain.FinalizedHeight, Is.EqualTo(7));

        Assert.That(chain.PruneWitnesses(100), Is.EqualTo(7), "heights 0 to 6");
        Assert.That(chain.PruneWitnesses(100), Is.Zero);
        AssertPruned(Opened(store, kept: 4), full, 7);
    }

    [Test]
    public void The_kept_window_ends_at_the_head()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 10);
        _net.Grow(chain, 14, Voters);
        byte[][] full = [.. Heights(14).Select(height => chain.GetBlockByHeight(height)!.Encode())];

        Assert.That(chain.PruneWitnesses(100), Is.EqualTo(5), "the last ten are 5 to 14");
        AssertPruned(chain, full, 5);
    }

    [TestCase(13ul, 7)]
    [TestCase(15ul, 0)]
    [TestCase(ulong.MaxValue, 0)]
    [TestCase(0ul, 7)]
    public void A_long_window_keeps_more_than_finality_does(ulong kept, int pruned)
    {
        BlockChain chain = Opened(new InMemoryKeyValueStore(), kept);
        _net.Grow(chain, 14, Voters);

        Assert.That(chain.PruneWitnesses(100), Is.EqualTo(Math.Min(pruned, (int)(15 - Math.Min(kept, 15)))));
    }

    [Test]
    public void Nothing_goes_before_something_is_final()
    {
        BlockChain chain = Opened(new InMemoryKeyValueStore(), kept: 1);
        _net.Grow(chain, 14, []);

        Assert.That(chain.PruneWitnesses(100), Is.Zero);
        Assert.That(chain.GetBlockByHeight(1)!.Certificate.Witness.IsEmpty, Is.False);
    }

    [Test]
    public void A_call_prunes_no_more_heights_than_it_may_and_a_restart_goes_on_where_it_ended()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        _net.Grow(chain, 14, Voters);
        byte[][] full = [.. Heights(14).Select(height => chain.GetBlockByHeight(height)!.Encode())];

        Assert.That(chain.PruneWitnesses(3), Is.EqualTo(3));
        AssertPruned(chain, full, 3);
        chain = Opened(store, kept: 1);
        Assert.That(new[] { chain.PruneWitnesses(3), chain.PruneWitnesses(3), chain.PruneWitnesses(3) }, Is.EqualTo(new[] { 3, 1, 0 }));
        AssertPruned(chain, full, 7);
        Assert.That(() => chain.PruneWitnesses(0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Blocks_of_losing_branches_lose_their_witness_with_their_height()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        BlockChain other = _net.Open();
        _net.Net.Grow(other, 2, offsetMs: 10);
        _net.Grow(chain, 3, Voters);
        Assert.That(chain.Import(other.GetBlockByHeight(1)!).IsValid, Is.True);
        Assert.That(chain.Import(other.GetBlockByHeight(2)!).IsValid, Is.True);
        _net.Grow(chain, 11, Voters);
        int before = store.ScanPrefix("chain/witness"u8).Count();
        chain.PruneWitnesses(100);

        Assert.That(chain.GetBlock(other.GetIdByHeight(2)!.Value)!.Certificate.Witness.IsEmpty, Is.True);
        Assert.That(before - store.ScanPrefix("chain/witness"u8).Count(), Is.EqualTo(8 + 6), "8 witnesses of 6 heights and the 6 lists");
    }

    [Test]
    public void A_chain_that_pruned_still_follows_a_heavier_branch_from_its_finalized_checkpoint()
    {
        BlockChain chain = Opened(new InMemoryKeyValueStore(), kept: 1);
        _net.Grow(chain, 9, Voters);
        BlockChain other = _net.Copy(chain, 9);
        _net.Grow(chain, 1, []);
        Assert.That(chain.PruneWitnesses(100), Is.EqualTo(3));
        _net.Grow(other, 3, [], offsetMs: 10);
        for (ulong height = 10; height <= 12; height++)
        {
            Assert.That(chain.Import(other.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        Assert.That(chain.Head.Id, Is.EqualTo(other.Head.Id));
    }

    [Test]
    public void A_pruned_block_is_still_known()
    {
        BlockChain chain = Opened(new InMemoryKeyValueStore(), kept: 1);
        _net.Grow(chain, 14, Voters);
        Block full = chain.GetBlockByHeight(2)!;
        chain.PruneWitnesses(100);

        Assert.That(chain.Import(full).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(chain.GetBlockByHeight(2)!.Certificate.Witness.IsEmpty, Is.True);
    }

    private BlockChain Opened(IKeyValueStore store, ulong kept) => _net.Open(store, options => options with { KeptWitnesses = kept });

    private static IEnumerable<ulong> Heights(ulong head) => Enumerable.Range(0, (int)head + 1).Select(height => (ulong)height);

    private static void AssertPruned(BlockChain chain, byte[][] full, int below)
    {
        for (int height = 0; height < full.Length; height++)
        {
            Block block = chain.GetBlockByHeight((ulong)height)!;
            Assert.That(Block.TryDecode(full[height], chain.Parameters.MaxBlockBytes, out Block? before).IsValid, Is.True);
            byte[] expected = height < below ? before!.EncodeWithoutWitness() : full[height];
            Assert.That(block.Encode(), Is.EqualTo(expected), $"height {height}");
            Assert.That(chain.GetReceipts(block.Id), Is.Not.Null);
            Assert.That(block.Certificate.Witness.IsEmpty, Is.EqualTo(height < below || height == 0), $"height {height}");
        }
    }
}
