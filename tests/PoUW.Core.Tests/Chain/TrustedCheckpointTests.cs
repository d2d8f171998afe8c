using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>Blocks whose witness is gone, and what a checkpoint that the operator trusts changes.</summary>
public sealed class TrustedCheckpointTests
{
    private TestNet _net = null!;
    private BlockChain _source = null!;
    private Block[] _blocks = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _source = _net.Open();
        _blocks = [_source.Genesis, .. _net.Grow(_source, 8)];
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Without_a_trusted_checkpoint_a_block_without_witness_is_refused_and_its_id_is_not_condemned()
    {
        BlockChain chain = _net.Open();
        ValidationResult result = chain.Import(Pruned(_blocks[1]));

        Assert.That(result.Code, Is.EqualTo(ValidationCode.MissingWitness));
        Assert.That(result.Verdict, Is.EqualTo(GossipVerdict.Ignore), "an honest peer may have pruned");
        Assert.That(chain.Import(_blocks[1]).IsValid, Is.True);
    }

    [Test]
    public void A_joining_chain_takes_history_without_witness_up_to_the_checkpoint_and_no_further()
    {
        BlockChain chain = Trusting(5);
        for (int height = 1; height <= 5; height++)
        {
            Assert.That(chain.Import(Pruned(_blocks[height])).ToString(), Is.EqualTo("Ok"));
        }

        Assert.That(chain.Import(Pruned(_blocks[6])).Code, Is.EqualTo(ValidationCode.MissingWitness));
        Assert.That(chain.Import(_blocks[6]).IsValid, Is.True);
        Assert.That(chain.HeadState.Root, Is.EqualTo(_blocks[6].Header.StateRoot));
        Assert.That(chain.GetPosition(_blocks[6].Id)!.Ticket, Is.EqualTo(_source.GetPosition(_blocks[6].Id)!.Ticket));
        Assert.That(chain.GetPosition(_blocks[3].Id)!.Ticket, Is.EqualTo(_source.GetPosition(_blocks[3].Id)!.Ticket));
    }

    [Test]
    public void Work_without_witness_is_not_credited()
    {
        BlockChain chain = Trusting(5);
        BigInteger genesis = chain.TotalWork;
        Assert.That(chain.Import(Pruned(_blocks[1])).IsValid, Is.True);
        Assert.That(chain.TotalWork, Is.EqualTo(genesis));
        Assert.That(chain.Import(_blocks[2]).IsValid, Is.True);
        Assert.That(chain.TotalWork, Is.EqualTo(genesis + 16));
    }

    [Test]
    public void A_block_without_witness_that_nobody_asked_for_is_refused()
    {
        BlockChain chain = Trusting(5);
        bool asked = false;
        ValidationResult result = chain.ImportUnsolicited(Pruned(_blocks[1]), () => asked = true);

        Assert.That(result.Code, Is.EqualTo(ValidationCode.MissingWitness));
        Assert.That(asked, Is.False);
    }

    /// <summary>All that is checked of a block below the checkpoint beside its witness.</summary>
    [Test]
    public void Everything_but_the_witness_is_checked_below_the_checkpoint()
    {
        BlockChain chain = Trusting(5);
        Block first = _blocks[1];
        byte[] losing = [.. Enumerable.Range(0, 256).Select(i => new[] { (byte)i })
            .First(data => !new NonceWork().VerifyPublicData(first.Header, data, out _).IsValid)];
        Block lost = new BlockTemplate(first.Header with { CertificateCommitment = default }, []).Complete(new WorkCertificate(losing, default), TestNet.MinerKey);
        Block easier = Pruned(TestNet.Mine(first.Header with { Bits = 3 }, []));
        Block wrong = Pruned(TestNet.Mine(first.Header with { StateRoot = Hash256.Sha256([1]) }, []));
        Block uncommitted = Pruned(first) with { Certificate = new WorkCertificate(new byte[] { 1 }, default) };
        Block unsealed = Pruned(first) with { Seal = ProducerSeal.Empty };

        Assert.That(chain.Import(lost).Code, Is.EqualTo(ValidationCode.TicketAboveTarget));
        Assert.That(chain.Import(easier).Code, Is.EqualTo(ValidationCode.WrongBits));
        Assert.That(chain.Import(uncommitted).Code, Is.EqualTo(ValidationCode.WrongCertificateCommitment));
        Assert.That(chain.Import(unsealed).Code, Is.EqualTo(ValidationCode.BadSignature));
        Assert.That(chain.Import(wrong).Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        Assert.That(chain.Import(first with { Certificate = first.Certificate with { Witness = new byte[32] } }).Code, Is.EqualTo(ValidationCode.BadOpening));
        Assert.That(chain.Import(Pruned(first)).IsValid, Is.True);
    }

    [Test]
    public void Another_block_at_the_height_of_the_checkpoint_is_refused_with_or_without_witness()
    {
        BlockChain chain = Trusting(2);
        Assert.That(chain.Import(_blocks[1]).IsValid, Is.True);
        Block other = _net.Next(chain, offsetMs: 5);

        Assert.That(chain.Import(other).Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
        Assert.That(chain.Import(Pruned(other)).Code, Is.EqualTo(ValidationCode.WrongCheckpoint));
        Assert.That(chain.Import(_blocks[2]).IsValid, Is.True);
    }

    /// <summary>
    /// Work below the checkpoint proves nothing, so a branch with more of it must not keep the node from the trusted one; and once there,
    /// the node never leaves it.
    /// </summary>
    [Test]
    public void The_branch_with_the_checkpoint_wins_whatever_its_work_and_is_final()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain chain = Trusting(5, store);
        BlockChain forger = _net.Open();
        List<Block> forged = _net.Grow(forger, 4, offsetMs: 5);
        foreach (Block block in forged)
        {
            Assert.That(chain.Import(block).IsValid, Is.True);
        }

        foreach (Block block in _blocks[1..5])
        {
            Assert.That(chain.Import(Pruned(block)).IsValid, Is.True);
            Assert.That(chain.Head.Id, Is.EqualTo(forged[3].Id));
        }

        Assert.That(chain.Import(Pruned(_blocks[5])).IsValid, Is.True);
        Assert.That(chain.Head.Id, Is.EqualTo(_blocks[5].Id));
        Assert.That(chain.TotalWork, Is.LessThan(chain.GetPosition(forged[3].Id)!.TotalWork));
        Assert.That(chain.Finalized, Is.EqualTo(new Checkpoint(5, _blocks[5].Id)));
        Assert.That(chain.Import(_net.Next(forger, offsetMs: 5)).IsValid, Is.False);
        Assert.That(chain.Import(forged[3]).Code, Is.EqualTo(ValidationCode.AlreadyKnown));

        BlockChain reopened = Trusting(5, store);
        Assert.That(reopened.Head.Id, Is.EqualTo(_blocks[5].Id));
        Assert.That(reopened.FinalizedHeight, Is.EqualTo(5));
    }

    /// <summary>Votes in blocks whose work nobody verified (old keys are cheap) must not lock the node out of the trusted branch.</summary>
    [Test]
    public void Nothing_is_final_before_the_checkpoint_is_reached()
    {
        using Finality.FinalityNet net = new();
        BlockChain source = net.Open();
        net.Grow(source, 14, [0, 1, 2]);
        BlockChain chain = net.Open(change: options => options with { TrustedCheckpoint = new Checkpoint(12, source.GetIdByHeight(12)!.Value) });
        List<ulong> finalized = [];
        for (ulong height = 1; height <= 14; height++)
        {
            Assert.That(chain.Import(source.GetBlockByHeight(height)!).IsValid, Is.True);
            finalized.Add(chain.FinalizedHeight);
        }

        Assert.That(source.FinalizedHeight, Is.EqualTo(7));
        Assert.That(finalized, Is.EqualTo(new ulong[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 12, 12 }));
    }

    [Test]
    public void A_store_that_reached_the_height_before_the_checkpoint_was_configured_is_checked_when_it_is_opened()
    {
        using InMemoryKeyValueStore store = new();
        BlockChain before = _net.Open(store);
        foreach (Block block in _blocks[1..])
        {
            Assert.That(before.Import(block).IsValid, Is.True);
        }

        Assert.That(Trusting(5, store).Finalized, Is.EqualTo(new Checkpoint(5, _blocks[5].Id)));
        Assert.That(
            () => _net.Open(store, options => options with { TrustedCheckpoint = new Checkpoint(5, _blocks[4].Id) }),
            Throws.InstanceOf<ChainException>().With.Message.Contains("trusted"));
        Assert.That(
            () => _net.Open(new InMemoryKeyValueStore(), options => options with { TrustedCheckpoint = new Checkpoint(0, _blocks[4].Id) }),
            Throws.InstanceOf<ChainException>());
    }

    private BlockChain Trusting(int height, IKeyValueStore? store = null) => _net.Open(
        store ?? new InMemoryKeyValueStore(),
        options => options with { TrustedCheckpoint = new Checkpoint((ulong)height, _blocks[height].Id) });

    private static Block Pruned(Block block) => block with { Certificate = block.Certificate with { Witness = default } };
}
