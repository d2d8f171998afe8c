using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;
using PoUW.Core.Validation;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Chain;

public sealed class RestartTests
{
    private TestNet _net = null!;

    [SetUp]
    public void Open() => _net = new TestNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void A_chain_continues_from_a_reopened_SQLite_file()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("chain.db");
        Hash256 head;
        Hash256 root;
        using (SqliteKeyValueStore store = new(file))
        {
            BlockChain chain = _net.Open(store);
            Import(chain, _net.Next(chain, [_net.Pay(_net.Alice, 0, 7)]));
            _net.Grow(chain, 9);
            (head, root) = (chain.Head.Id, chain.HeadState.Root);
        }

        using SqliteKeyValueStore again = new(file);
        BlockChain reopened = _net.Open(again);
        Assert.That(reopened.Head.Id, Is.EqualTo(head));
        Assert.That(reopened.HeadState.Root, Is.EqualTo(root));
        Import(reopened, _net.Next(reopened, [_net.Pay(_net.Alice, 1, 7)]));
        Assert.That(reopened.HeadState.GetAccount(_net.Alice.Address).Nonce, Is.EqualTo(2));
        Assert.That(reopened.HeadState.GetAccount(_net.Bob.Address).Balance, Is.EqualTo(Amount.FromCoins(1_014)));
    }

    [Test]
    public void A_store_of_another_network_is_refused()
    {
        using InMemoryKeyValueStore store = new();
        _net.Grow(_net.Open(store), 1);
        using TestNet other = new(parameters => parameters with { BlockSubsidy = Amount.FromCoins(3) });

        Assert.That(() => other.Open(store), Throws.InstanceOf<ChainException>().With.Message.Contains("another network"));
    }

    [TestCase("chain/block/")]
    [TestCase("chain/entry/")]
    [TestCase("chain/receipts/")]
    public void A_store_that_lost_a_part_of_its_head_is_refused(string table)
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = _net.Open(store);
        _net.Grow(chain, 2);
        store.Apply(new WriteBatch().Delete([.. System.Text.Encoding.ASCII.GetBytes(table), .. chain.Head.Id.ToArray()]));

        Assert.That(() => _net.Open(store), Throws.InstanceOf<ChainException>());
    }

    [Test]
    public void A_store_that_lost_the_state_of_its_head_or_has_another_format_is_refused()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = _net.Open(store);
        _net.Grow(chain, 2);
        byte[] rootKey = store.ScanPrefix("state/version/"u8).Last().Key;
        byte[] node = store.Get(rootKey)!;
        store.Apply(new WriteBatch().Delete(rootKey));
        Assert.That(() => _net.Open(store), Throws.InstanceOf<PouwException>());
        store.Apply(new WriteBatch().Put(rootKey, node));
        Assert.That(_net.Open(store).Head.Height, Is.EqualTo(2));

        byte[] head = store.Get("chain/head"u8)!;
        head[0] = 9;
        store.Apply(new WriteBatch().Put("chain/head"u8.ToArray(), head));
        Assert.That(() => _net.Open(store), Throws.InstanceOf<ChainException>().With.Message.Contains("format"));
    }

    /// <summary>
    /// Runs a script of extensions and a reorganisation with the store failing at each batch in turn; every time the chain reopens at a
    /// head that the script had reached, and the script then runs to the same end.
    /// </summary>
    [Test]
    public void A_crash_at_any_batch_leaves_a_chain_that_reopens_and_catches_up()
    {
        List<Block> script = Script(out Hash256 end);
        int crashes = 0;
        for (int goodBatches = 1; ; goodBatches++)
        {
            using InMemoryKeyValueStore disk = new();
            bool crashed = RunUntilCrash(_net.Open(new FailingStore(disk, goodBatches)), script, out Hash256 lastHead);
            BlockChain reopened = _net.Open(disk);
            Assert.That(reopened.Head.Id, Is.EqualTo(lastHead), $"after {goodBatches} batches");
            foreach (Block block in script)
            {
                ValidationResult result = reopened.Import(block);
                Assert.That(result.Code, Is.EqualTo(ValidationCode.Ok).Or.EqualTo(ValidationCode.AlreadyKnown), $"after {goodBatches} batches");
            }

            Assert.That(reopened.Head.Id, Is.EqualTo(end));
            if (!crashed)
            {
                break;
            }

            crashes++;
        }

        Assert.That(crashes, Is.GreaterThanOrEqualTo(script.Count));
    }

    private List<Block> Script(out Hash256 end)
    {
        BlockChain first = _net.Open();
        Import(first, _net.Next(first, [_net.Pay(_net.Alice, 0, 1)]));
        _net.Grow(first, 1);
        BlockChain second = _net.Open();
        Import(second, _net.Next(second, [_net.Pay(_net.Bob, 0, 1)], offsetMs: 1));
        _net.Grow(second, 3);
        end = second.Head.Id;
        IEnumerable<Block> left = new ulong[] { 1, 2 }.Select(height => first.GetBlockByHeight(height)!);
        IEnumerable<Block> right = new ulong[] { 1, 2, 3, 4 }.Select(height => second.GetBlockByHeight(height)!);
        return [.. left, .. right];
    }

    private static bool RunUntilCrash(BlockChain chain, List<Block> script, out Hash256 lastHead)
    {
        try
        {
            foreach (Block block in script)
            {
                Import(chain, block);
            }

            return false;
        }
        catch (IOException)
        {
            return true;
        }
        finally
        {
            lastHead = chain.Head.Id;
        }
    }

    private static void Import(BlockChain chain, Block block) => Assert.That(chain.Import(block).IsValid, Is.True);
}
