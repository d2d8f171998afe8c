using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Finality;

/// <summary>Finality on whole chains: votes in blocks, fork choice, restart. Checkpoints are 3, 7, 11.</summary>
public sealed class FinalizedChainTests
{
    private static readonly int[] Three = [0, 1, 2];

    private FinalityNet _net = null!;

    [SetUp]
    public void Open() => _net = new FinalityNet();

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Checkpoints_become_final_an_epoch_after_the_votes_of_three_of_four()
    {
        BlockChain chain = _net.Open();
        List<ulong> finalized = [];
        for (int height = 1; height <= 14; height++)
        {
            _net.Grow(chain, 1, Three);
            finalized.Add(chain.FinalizedHeight);
        }

        // The votes for 3 are in block 5, those for 7 in block 9, which finalizes 3.
        Assert.That(finalized, Is.EqualTo(new ulong[] { 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 7, 7 }));
        Assert.That(chain.Finalized, Is.EqualTo(new Checkpoint(7, chain.GetIdByHeight(7)!.Value)));
    }

    [Test]
    public void Two_of_four_finalize_nothing_however_deep()
    {
        BlockChain chain = _net.Open();
        _net.Grow(chain, 16, [0, 1]);
        Assert.That(chain.FinalizedHeight, Is.Zero);
        Assert.That(chain.Finalized.Id, Is.EqualTo(chain.Genesis.Id));
    }

    [Test]
    public void A_finalized_branch_beats_a_heavier_one_that_forks_below()
    {
        BlockChain first = _net.Open();
        _net.Grow(first, 2, []);
        BlockChain second = _net.Copy(first, 2);
        _net.Grow(first, 7, Three);
        _net.Grow(second, 12, [], offsetMs: 10);
        Assert.That(first.FinalizedHeight, Is.EqualTo(3));
        Assert.That(second.TotalWork, Is.GreaterThan(first.TotalWork));

        Assert.That(first.Import(second.GetBlockByHeight(3)!).Code, Is.EqualTo(ValidationCode.BelowFinalized));
        Assert.That(first.Import(second.GetBlockByHeight(4)!).Code, Is.EqualTo(ValidationCode.UnknownParent));
        Assert.That(first.Head.Height, Is.EqualTo(9));
    }

    [Test]
    public void A_branch_that_was_stored_before_is_not_followed_after_finalization()
    {
        BlockChain first = _net.Open();
        _net.Grow(first, 2, []);
        BlockChain second = _net.Copy(first, 2);
        _net.Grow(first, 6, Three);
        _net.Grow(second, 8, [], offsetMs: 10);
        Transfer(second, first, 3, 8);
        Hash256 eighth = first.Head.Id;
        _net.Grow(first, 1, Three);
        Assert.That(first.FinalizedHeight, Is.EqualTo(3));
        Assert.That(first.GetHeader(second.GetIdByHeight(8)!.Value), Is.Not.Null, "stored with equal work");

        Assert.That(first.Import(second.GetBlockByHeight(9)!).Code, Is.EqualTo(ValidationCode.BelowFinalized));
        Assert.That(first.Import(second.GetBlockByHeight(8)!).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(first.Head.Header.ParentHash, Is.EqualTo(eighth));
    }

    [Test]
    public void A_heavier_branch_from_the_finalized_checkpoint_wins_and_finality_does_not_go_back()
    {
        BlockChain first = _net.Open();
        _net.Grow(first, 3, []);
        BlockChain second = _net.Copy(first, 3);
        _net.Grow(first, 6, Three);
        _net.Grow(second, 7, [], offsetMs: 10);
        Transfer(second, first, 4, 10);

        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id));
        Assert.That(FinalityLedger.Finalized(first.HeadState).Height, Is.Zero, "the branch has no votes");
        Assert.That(first.Finalized, Is.EqualTo(new Checkpoint(3, first.GetIdByHeight(3)!.Value)));
    }

    [Test]
    public void What_a_side_branch_finalizes_counts_when_it_becomes_the_head()
    {
        BlockChain first = _net.Open();
        _net.Grow(first, 2, []);
        BlockChain second = _net.Copy(first, 2);
        _net.Grow(first, 8, [], offsetMs: 10);
        _net.Grow(second, 9, Three);
        Assert.That(second.FinalizedHeight, Is.EqualTo(3));
        Transfer(second, first, 3, 10);
        Assert.That(first.FinalizedHeight, Is.Zero);
        Transfer(second, first, 11, 11);

        Assert.That(first.Head.Id, Is.EqualTo(second.Head.Id));
        Assert.That(first.Finalized, Is.EqualTo(second.Finalized));
    }

    [Test]
    public void A_restart_keeps_the_finalized_checkpoint_even_if_the_heads_state_does_not_have_it()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("chain.db");
        BlockChain other = _net.Open();
        _net.Grow(other, 3, []);
        BlockChain rival = _net.Copy(other, 2);
        _net.Grow(rival, 12, [], offsetMs: 10);
        Checkpoint finalized;
        using (SqliteKeyValueStore store = new(file))
        {
            BlockChain chain = _net.Open(store);
            Transfer(other, chain, 1, 3);
            _net.Grow(chain, 6, Three);
            _net.Grow(other, 7, [], offsetMs: 10);
            Transfer(other, chain, 4, 10);
            finalized = chain.Finalized;
        }

        using SqliteKeyValueStore again = new(file);
        BlockChain reopened = _net.Open(again);
        Assert.That(reopened.Head.Id, Is.EqualTo(other.Head.Id));
        Assert.That(reopened.Finalized, Is.EqualTo(finalized));
        Assert.That(reopened.FinalizedHeight, Is.EqualTo(3));
        Assert.That(reopened.Import(rival.GetBlockByHeight(3)!).Code, Is.EqualTo(ValidationCode.BelowFinalized));
    }

    [Test]
    public void A_store_whose_finalized_checkpoint_is_not_on_its_chain_is_refused()
    {
        using InMemoryKeyValueStore store = new();
        _net.Grow(_net.Open(store), 9, Three);
        byte[] head = store.Get("chain/head"u8)!;
        head[^1] ^= 1;
        store.Apply(new WriteBatch().Put("chain/head"u8.ToArray(), head));
        Assert.That(() => _net.Open(store), Throws.InstanceOf<ChainException>());
    }

    [Test]
    public void A_double_vote_in_a_block_costs_the_stake_and_pays_the_producer()
    {
        BlockChain chain = _net.Open();
        _net.Grow(chain, 5, Three);
        CheckpointVote conflicting = new(0, chain.Genesis.Id, 3, Hash256.Sha256([1]));
        Amount burned = chain.HeadState.Burned;
        Assert.That(_net.Send(chain, _net.Vote(chain, 0, conflicting)), Is.EqualTo(ValidationCode.Ok));

        Assert.That(_net.Stakes.PowerOf(chain.HeadState, _net.AddressOf(0)), Is.EqualTo(UInt128.Zero));
        Assert.That(chain.HeadState.Burned - burned, Is.GreaterThanOrEqualTo(Amount.FromCoins(60)));
        Assert.That(_net.Send(chain, _net.Vote(chain, 0, conflicting)), Is.EqualTo(ValidationCode.NotAllowed));
    }

    [Test]
    public void Two_blocks_of_one_miner_on_one_parent_are_evidence_on_the_chain()
    {
        BlockChain chain = _net.Open();
        Block first = _net.Net.Next(chain);
        Block second = _net.Net.Next(chain, offsetMs: 10);
        Assert.That(chain.Import(first).IsValid, Is.True);
        Assert.That(chain.Import(second).IsValid, Is.True);
        Evidence evidence = Evidence.OfBlocks(chain.GetBlock(first.Id)!.SignedHeader, chain.GetBlock(second.Id)!.SignedHeader);
        Transaction report = _net.Net.Signer.Sign(_net.Net.Alice, TransactionKind.Evidence, 0, evidence.Encode());
        Transaction again = _net.Net.Signer.Sign(_net.Net.Alice, TransactionKind.Evidence, 1, evidence.Encode());

        Assert.That(_net.Stakes.PowerOf(chain.HeadState, TestNet.Miner), Is.Not.EqualTo(UInt128.Zero));
        Assert.That(_net.Send(chain, report), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_net.Stakes.PowerOf(chain.HeadState, TestNet.Miner), Is.EqualTo(UInt128.Zero));
        Assert.That(_net.Send(chain, again), Is.EqualTo(ValidationCode.AlreadyCounted));
    }

    private static void Transfer(BlockChain from, BlockChain to, ulong first, ulong last)
    {
        for (ulong height = first; height <= last; height++)
        {
            ValidationResult result = to.Import(from.GetBlockByHeight(height)!);
            Assert.That(result.IsValid, Is.True, result.ToString());
        }
    }
}
