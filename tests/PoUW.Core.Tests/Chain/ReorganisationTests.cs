using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

public sealed class ReorganisationTests
{
    private TestNet _net = null!;

    [SetUp]
    public void Open() => _net = new TestNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void The_heavier_branch_wins_and_its_state_is_that_of_a_chain_that_saw_only_it()
    {
        BlockChain first = _net.Open();
        BlockChain second = _net.Open();
        Import(first, _net.Next(first, [_net.Pay(_net.Alice, 0, 10)]));
        Import(first, _net.Next(first, [_net.Pay(_net.Alice, 1, 20)]));
        for (int i = 0; i < 3; i++)
        {
            Import(second, _net.Next(second, [_net.Pay(_net.Bob, (ulong)i, 5)], offsetMs: 1));
        }

        ChainRecorder recorder = new();
        first.Subscribe(recorder);
        Transfer(second, first, 1, 3);

        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id));
        Assert.That(first.HeadState.Root, Is.EqualTo(second.HeadState.Root));
        Assert.That(first.TotalWork, Is.EqualTo(second.TotalWork));
        Assert.That(recorder.Heard, Is.EqualTo(new[] { "-2", "-1", "+1", "+2", "+3" }));
        Assert.That(first.HeadState.GetAccount(_net.Alice.Address), Is.EqualTo(second.HeadState.GetAccount(_net.Alice.Address)));
        Assert.That(first.HeadState.GetAccount(_net.Alice.Address).Nonce, Is.Zero);
        for (ulong height = 0; height <= 3; height++)
        {
            Assert.That(first.GetIdByHeight(height), Is.EqualTo(second.GetIdByHeight(height)));
        }
    }

    [Test]
    public void A_shorter_branch_with_more_work_wins_and_indexes_follow()
    {
        BlockChain first = _net.Open();
        BlockChain second = _net.Open();
        Transaction payment = _net.Pay(_net.Alice, 0, 10);
        Transaction both = _net.Pay(_net.Bob, 0, 10);
        Import(first, _net.Next(first, [payment, both]));
        _net.Grow(first, 3);
        ulong offset = (17 - (first.Genesis.Header.TimestampMs % 10)) % 10;
        Import(second, _net.Next(second, offsetMs: offset));
        Import(second, _net.Next(second, [both], offsetMs: 1));

        Assert.That(second.Head.Header.Bits, Is.EqualTo(7));
        Transfer(second, first, 1, 2);

        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id));
        Assert.That(first.GetIdByHeight(3), Is.Null);
        Assert.That(first.FindTransaction(payment.Id), Is.Null);
        Assert.That(first.FindTransaction(both.Id), Is.EqualTo(new TransactionLocation(second.Head.Id, 0)));
    }

    [Test]
    public void Equal_work_keeps_the_first_seen_and_one_block_more_switches()
    {
        BlockChain first = _net.Open();
        BlockChain second = _net.Open();
        _net.Grow(first, 2);
        _net.Grow(second, 3, offsetMs: 1);
        Hash256 head = first.Head.Id;
        Transfer(second, first, 1, 2);
        Assert.That(first.Head.Id, Is.EqualTo(head));
        Assert.That(first.GetReceipts(second.GetIdByHeight(1)!.Value), Is.Null, "a lighter chain is not executed");
        Transfer(second, first, 3, 3);
        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id));
    }

    [Test]
    public void Going_back_to_the_first_branch_does_not_execute_it_again_and_gives_the_same_state()
    {
        BlockChain first = _net.Open();
        BlockChain second = _net.Open();
        List<Block> original = _net.Grow(first, 2);
        _net.Grow(second, 3, offsetMs: 1);
        Hash256 root = first.HeadState.Root;
        Transfer(second, first, 1, 3);
        BlockChain third = _net.Open();
        foreach (Block block in original)
        {
            Import(third, block);
        }

        _net.Grow(third, 2, offsetMs: 2);
        ChainRecorder recorder = new();
        first.Subscribe(recorder);
        Transfer(third, first, 3, 4);

        Assert.That(first.Head.Id, Is.EqualTo(third.Head.Id));
        Assert.That(first.GetHeader(original[1].Id)!.StateRoot, Is.EqualTo(root));
        Assert.That(recorder.Heard, Is.EqualTo(new[] { "-3", "-2", "-1", "+1", "+2", "+3", "+4" }));
    }

    [Test]
    public void A_heavier_branch_that_turns_out_invalid_is_condemned_and_the_head_stays()
    {
        BlockChain first = _net.Open();
        _net.Grow(first, 2);
        BlockChain second = _net.Open();
        Block good = _net.Grow(second, 1, offsetMs: 1)[0];
        Block template = _net.Next(second);
        Block bad = TestNet.Mine(template.Header with { StateRoot = Hash256.Sha256([1]) }, []);
        Block onBad = TestNet.Mine(
            template.Header with { Height = 3, ParentHash = bad.Id, TimestampMs = template.Header.TimestampMs + 1_000 }, []);
        Block onOnBad = TestNet.Mine(
            template.Header with { Height = 4, ParentHash = onBad.Id, TimestampMs = template.Header.TimestampMs + 2_000 }, []);
        Hash256 head = first.Head.Id;
        Import(first, good);
        Import(first, bad);

        Assert.That(first.Import(onBad).Code, Is.EqualTo(ValidationCode.InvalidAncestor));
        Assert.That(first.Import(onOnBad).Code, Is.EqualTo(ValidationCode.InvalidAncestor));
        Assert.That(first.Import(bad).Code, Is.EqualTo(ValidationCode.InvalidAncestor));
        Assert.That(first.Head.Id, Is.EqualTo(head));
        Transfer(GrowOn(second, 2), first, 2, 3);
        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id), "the valid part of the branch can still win");
    }

    [Test]
    public void An_observer_may_import_and_hears_of_it_after_the_current_call()
    {
        BlockChain chain = _net.Open();
        BlockChain source = _net.Open();
        List<Block> blocks = _net.Grow(source, 3);
        ChainRecorder recorder = new();
        recorder.OnAttached = block =>
        {
            if (block.Header.Height < 3)
            {
                Import(chain, blocks[(int)block.Header.Height]);
                recorder.Heard.Add($"done {block.Header.Height}");
            }
        };
        chain.Subscribe(recorder);
        Import(chain, blocks[0]);

        Assert.That(recorder.Heard, Is.EqualTo(new[] { "+1", "done 1", "+2", "done 2", "+3" }));
        chain.Unsubscribe(recorder);
        _net.Grow(chain, 1);
        Assert.That(recorder.Heard, Has.Count.EqualTo(5));
    }

    [Test]
    public void Threads_that_import_the_same_blocks_agree_and_every_block_is_told_once_in_order()
    {
        BlockChain source = _net.Open();
        List<Block> blocks = _net.Grow(source, 12);
        BlockChain chain = _net.Open();
        ChainRecorder recorder = new();
        chain.Subscribe(recorder);
        Parallel.For(0, 4, _ =>
        {
            foreach (Block block in blocks)
            {
                Assert.That(chain.Import(block).Code, Is.EqualTo(ValidationCode.Ok).Or.EqualTo(ValidationCode.AlreadyKnown));
            }
        });

        Assert.That(chain.Head.Id, Is.EqualTo(source.Head.Id));
        Assert.That(recorder.Heard, Is.EqualTo(Enumerable.Range(1, 12).Select(height => $"+{height}")));
    }

    private BlockChain GrowOn(BlockChain chain, int blocks)
    {
        _net.Grow(chain, blocks, offsetMs: 3);
        return chain;
    }

    private static void Import(BlockChain chain, Block block)
    {
        ValidationResult result = chain.Import(block);
        Assert.That(result.IsValid, Is.True, result.ToString());
    }

    private static void Transfer(BlockChain from, BlockChain to, ulong first, ulong last)
    {
        for (ulong height = first; height <= last; height++)
        {
            Import(to, from.GetBlockByHeight(height)!);
        }
    }
}
