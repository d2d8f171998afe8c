using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Finality;

namespace PoUW.Core.Tests.Chain;

/// <summary>Old states go; checkpoints are 3, 7, 11, ... and a height is final once the next checkpoint is justified.</summary>
public sealed class StatePruningTests
{
    private static readonly int[] Voters = [0, 1, 2];

    private FinalityNet _net = null!;

    [SetUp]
    public void Open() => _net = new FinalityNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [TestCase(4ul, 7)]
    [TestCase(10ul, 5)]
    [TestCase(100ul, 0)]
    [TestCase(0ul, 0)]
    public void States_that_are_final_and_not_among_the_last_ones_go(ulong kept, int first)
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept);
        _net.Grow(chain, 14, Voters);
        Assert.That(chain.FinalizedHeight, Is.EqualTo(7));

        Assert.That(chain.PruneStates(10_000), Is.LessThan(10_000));
        AssertReadable(chain, first);
        AssertReadable(Opened(store, kept), first);
        Assert.That(chain.PruneStates(1), Is.Zero);
        Assert.That(() => chain.PruneStates(0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Nothing_goes_before_something_is_final()
    {
        BlockChain chain = Opened(new InMemoryKeyValueStore(), kept: 1);
        _net.Grow(chain, 14, []);
        chain.PruneStates(1_000);

        AssertReadable(chain, 0);
    }

    [Test]
    public void A_chain_that_prunes_after_every_block_is_the_chain_that_never_does()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain archive = _net.Open();
        BlockChain pruned = Opened(store, kept: 2);
        List<int> sizes = [];
        for (int block = 0; block < 120; block++)
        {
            _net.Grow(archive, 1, Voters);
            Assert.That(pruned.Import(archive.GetBlockByHeight(archive.Head.Height)!).IsValid, Is.True);
            pruned.PruneStates(1_000);
            sizes.Add(store.ScanPrefix("state/"u8).Count());
        }

        Assert.That(pruned.HeadState.Root, Is.EqualTo(archive.HeadState.Root));
        AssertReadable(pruned, (int)pruned.FinalizedHeight);
        Assert.That(sizes[^40..].Max(), Is.LessThan(2 * sizes[30..70].Max()), "beacons of epochs alone grow");
    }

    [Test]
    public void A_chain_that_pruned_follows_a_heavier_branch_from_its_finalized_checkpoint()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        _net.Grow(chain, 9, Voters);
        BlockChain other = _net.Copy(chain, 9);
        _net.Grow(chain, 1, []);
        chain.PruneStates(1_000);
        _net.Grow(other, 3, [], offsetMs: 10);
        for (ulong height = 10; height <= 12; height++)
        {
            Assert.That(chain.Import(other.GetBlockByHeight(height)!).IsValid, Is.True);
            chain.PruneStates(1);
        }

        Assert.That(chain.Head.Id, Is.EqualTo(other.Head.Id));
        Assert.That(chain.HeadState.Root, Is.EqualTo(other.HeadState.Root));
        AssertReadable(chain, (int)chain.FinalizedHeight);
    }

    /// <summary>The block that the chain left behind was executed; once it is too old, its state goes too.</summary>
    [Test]
    public void States_of_losing_branches_go()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        BlockChain other = _net.Open();
        _net.Net.Grow(other, 1, offsetMs: 10);
        Block lost = other.GetBlockByHeight(1)!;
        Assert.That(chain.Import(lost).IsValid, Is.True);
        BlockChain winner = _net.Open();
        _net.Grow(winner, 14, Voters);
        for (ulong height = 1; height <= 14; height++)
        {
            Assert.That(chain.Import(winner.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        StateVersion version = chain.GetPosition(lost.Id)!.State;
        Assert.That(version.Root, Is.EqualTo(lost.Header.StateRoot));
        chain.PruneStates(1_000);

        Assert.That(() => chain.StateAt(lost.Header.StateRoot).GetAccount(TestNet.Miner), Throws.InstanceOf<StateTreeException>());
        Assert.That(store.ScanPrefix("state/version/"u8).Count(), Is.EqualTo(8), "the states of 7 to 14");
    }

    [Test]
    public void A_chain_that_is_to_keep_more_states_than_before_goes_on()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        _net.Grow(chain, 14, Voters);
        chain.PruneStates(1_000);

        BlockChain reopened = Opened(store, kept: 12);
        Assert.That(reopened.PruneStates(1_000), Is.Zero);
        AssertReadable(reopened, 7);
    }

    [Test]
    public void A_crash_at_any_batch_leaves_a_chain_that_goes_on()
    {
        BlockChain source = _net.Open();
        _net.Grow(source, 14, Voters);
        for (int goodBatches = 1; ; goodBatches++)
        {
            using InMemoryKeyValueStore disk = new();
            bool crashed = false;
            try
            {
                Follow(Opened(new FailingStore(disk, goodBatches), kept: 2), source);
            }
            catch (IOException)
            {
                crashed = true;
            }

            BlockChain reopened = Opened(disk, kept: 2);
            for (ulong height = reopened.FinalizedHeight; height <= reopened.Head.Height; height++)
            {
                Assert.That(reopened.StateAt(reopened.GetBlockByHeight(height)!.Header.StateRoot).ProveAccount(TestNet.Miner), Is.Not.Null);
            }

            Follow(reopened, source);
            reopened.PruneStates(1_000);
            AssertReadable(reopened, (int)reopened.FinalizedHeight);
            Assert.That(reopened.HeadState.Root, Is.EqualTo(source.HeadState.Root));
            if (!crashed)
            {
                Assert.That(goodBatches, Is.GreaterThan(16));
                return;
            }
        }
    }

    [Test]
    public void Imports_and_pruning_go_on_side_by_side()
    {
        BlockChain source = _net.Open();
        _net.Grow(source, 60, Voters);
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Opened(store, kept: 1);
        Exception? failure = null;
        bool ended = false;
        Thread pruner = new(() =>
        {
            try
            {
                while (!Volatile.Read(ref ended))
                {
                    chain.PruneStates(1);
                    chain.HeadState.GetAccount(TestNet.Miner);
                }
            }
            catch (Exception caught)
            {
                failure = caught;
            }
        });
        pruner.Start();
        for (ulong height = 1; height <= source.Head.Height; height++)
        {
            Assert.That(chain.Import(source.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        Volatile.Write(ref ended, true);
        pruner.Join();
        Assert.That(failure, Is.Null);
        chain.PruneStates(1_000);
        Assert.That(chain.HeadState.Root, Is.EqualTo(source.HeadState.Root));
        AssertReadable(chain, (int)chain.FinalizedHeight);
    }

    private BlockChain Opened(IKeyValueStore store, ulong kept) => _net.Open(store, options => options with { KeptStates = kept });

    private static void Follow(BlockChain chain, BlockChain source)
    {
        for (ulong height = chain.Head.Height + 1; height <= source.Head.Height; height++)
        {
            Assert.That(chain.Import(source.GetBlockByHeight(height)!).IsValid, Is.True);
            chain.PruneStates(1);
        }
    }

    private static void AssertReadable(BlockChain chain, int first)
    {
        for (ulong height = 0; height <= chain.Head.Height; height++)
        {
            Hash256 root = chain.GetBlockByHeight(height)!.Header.StateRoot;
            StateSnapshot state = chain.StateAt(root);
            if (height >= (ulong)first)
            {
                Assert.That(state.ProveAccount(TestNet.Miner).LeafPath, Is.Not.Null, $"height {height}");
                Assert.That(state.GetAccount(TestNet.Miner).IsEmpty, Is.EqualTo(height == 0), $"height {height}");
            }
            else
            {
                Assert.That(() => state.GetAccount(TestNet.Miner), Throws.InstanceOf<StateTreeException>(), $"height {height}");
            }
        }
    }
}
