using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>A long branch beside the head costs the same for each of its blocks, however long it is.</summary>
public sealed class ForkHeightTests
{
    private TestNet _net = null!;

    [SetUp]
    public void Open() => _net = new TestNet();

    [TearDown]
    public void Close() => _net.Dispose();

    /// <summary>
    /// Under a trusted checkpoint a branch wins only when it reaches the checkpoint, so until then each of its blocks comes on a branch as long as
    /// the history; without witnesses it gains no work. Reads a block at 8n may not be more than those at n.
    /// </summary>
    [Test]
    public void Reads_a_block_do_not_grow_with_the_branch()
    {
        const int Few = 20;
        const int Many = 8 * Few;
        BlockChain source = _net.Open();
        List<Block> blocks = _net.Grow(source, Many + 1, offsetMs: 1);
        using CountingStore store = new(new InMemoryKeyValueStore());
        BlockChain chain = _net.Open(
            store, options => options with { TrustedCheckpoint = new Checkpoint(Many + 1, blocks[Many].Id) });
        _net.Grow(chain, 2);

        long atFew = 0;
        for (int i = 0; i < Many; i++)
        {
            long before = store.Reads;
            Assert.That(chain.Import(Pruned(blocks[i])).IsValid, Is.True);
            atFew = i == Few - 1 ? store.Reads - before : atFew;
            if (i == Many - 1)
            {
                Assert.That(store.Reads - before, Is.LessThanOrEqualTo(atFew));
            }
        }

        Assert.That(atFew, Is.InRange(1, 30));
        Assert.That(chain.Head.Height, Is.EqualTo(2));
        Assert.That(chain.Import(blocks[Many]).IsValid, Is.True);
        Assert.That(chain.Head.Height, Is.EqualTo(Many + 1));
    }

    /// <summary>What was kept before a reorganisation must not be believed after it.</summary>
    [Test]
    public void A_reorganisation_changes_where_branches_fork()
    {
        DepthFinality finality = new(3);
        using TestNet net = new(null, [finality]);
        BlockChain Opened() => net.Open(new InMemoryKeyValueStore(), options => options with { Finality = finality });
        BlockChain chain = Opened();
        BlockChain left = Opened();
        BlockChain right = Opened();
        net.Grow(chain, 1);
        Copy(chain, left, 1);
        Copy(chain, right, 1);
        net.Grow(left, 2, offsetMs: 1);
        net.Grow(right, 2, offsetMs: 2);
        Copy(left, chain, 3);

        // Known on the side with fork 1, then the head, then left behind again.
        Copy(right, chain, 3);
        net.Grow(right, 3, offsetMs: 2);
        Copy(right, chain, 6);
        Assert.That(chain.Head.Id, Is.EqualTo(right.Head.Id));
        Assert.That(chain.FinalizedHeight, Is.EqualTo(3));
        net.Grow(left, 1, offsetMs: 1);
        Assert.That(chain.Import(left.GetBlockByHeight(4)!).Code, Is.EqualTo(ValidationCode.BelowFinalized));
        Assert.That(chain.Import(net.Next(right, offsetMs: 5)).IsValid, Is.True);
    }

    private static Block Pruned(Block block) => block with { Certificate = block.Certificate with { Witness = default } };

    private static void Copy(BlockChain from, BlockChain to, ulong last)
    {
        for (ulong height = 1; height <= last; height++)
        {
            Assert.That(to.Import(from.GetBlockByHeight(height)!).Code, Is.EqualTo(ValidationCode.Ok).Or.EqualTo(ValidationCode.AlreadyKnown));
        }
    }
}
