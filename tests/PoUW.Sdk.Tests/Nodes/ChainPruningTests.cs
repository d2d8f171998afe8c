using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Tests.Nodes;

[TestFixture]
public sealed class ChainPruningTests
{
    [Test]
    public void Witnesses_go_in_bounded_steps_with_the_blocks_that_come()
    {
        List<Block> blocks = Blocks(80);
        BlockChain chain = Open(blocks);
        chain.Subscribe(new ChainPruning(chain, message => Assert.Fail(message)));
        List<int> pruned = [];
        foreach (Block block in blocks[..74])
        {
            Assert.That(chain.Import(block).IsValid, Is.True);
            pruned.Add(blocks.Take(pruned.Count + 1).Count(known => chain.GetBlock(known.Id)!.Certificate.Witness.IsEmpty));
        }

        // Heights 0 to 31 go with block 70, the next 32 with block 71; 71 blocks keep 66 to 71, 72 blocks 67 to 72, and so on.
        Assert.That(pruned[68..], Is.EqualTo(new[] { 0, 31, 63, 66, 67, 68 }));
    }

    [Test]
    public void States_go_every_sixteen_blocks_and_on_until_none_is_left()
    {
        List<Block> blocks = Blocks(97);
        BlockChain chain = Open(blocks);
        chain.Subscribe(new ChainPruning(chain, message => Assert.Fail(message)));
        List<int> oldest = [];
        foreach (Block block in blocks)
        {
            Assert.That(chain.Import(block).IsValid, Is.True);
            oldest.Add(blocks.FindIndex(known => IsReadable(chain, known)) + 1);
        }

        // The checkpoint at 70 is final from block 70 on; block 80 is the first that looks, and 96 blocks keep 91 to 96 and the checkpoint.
        Assert.That(oldest[..79], Is.All.EqualTo(1));
        Assert.That(oldest[79..], Is.All.EqualTo(70));
    }

    [Test]
    public void What_cannot_be_pruned_is_told_and_tried_again()
    {
        List<Block> blocks = Blocks(97);
        FailingStore store = new();
        List<string> warnings = [];
        BlockChain chain = Open(blocks, store);
        chain.Subscribe(new ChainPruning(chain, warnings.Add));
        foreach (Block block in blocks)
        {
            store.IsFull = block.Header.Height < 96;
            Assert.That(chain.Import(block).IsValid, Is.True);
        }

        Assert.That(warnings, Has.Some.StartsWith("old states were not pruned: full").And.Some.StartsWith("old witnesses were not pruned: full"));
        Assert.That(blocks.FindIndex(known => IsReadable(chain, known)) + 1, Is.EqualTo(70));
        Assert.That(chain.GetBlockByHeight(1)!.Certificate.Witness.IsEmpty, Is.True);
    }

    [TestCase(0ul, 60ul, 0ul)]
    [TestCase(1_024ul, 60ul, 1_024ul)]
    [TestCase(10ul, 60ul, 60ul)]
    [TestCase(1_024ul, 5_000ul, 5_000ul)]
    public void A_node_keeps_the_states_that_a_running_lease_still_reads(ulong wanted, ulong leaseBlocks, ulong kept)
    {
        PouwNodeOptions options = new()
        {
            Parameters = NetworkParameters.Development with { LeaseBlocks = leaseBlocks },
            Key = TestNetwork.Key("peer"),
            KeptStates = wanted,
        };
        Assert.That(NodeChain.OptionsOf(options, new LeaseView(options.Parameters)).KeptStates, Is.EqualTo(kept));
    }

    private static List<Block> Blocks(int count)
    {
        BlockChain source = Open((Checkpoint?)null, new InMemoryKeyValueStore());
        List<Block> blocks = [];
        for (int i = 0; i < count; i++)
        {
            Block block = source.Propose(TestNetwork.Key("peer").Address, [], source.Head.Header.TimestampMs + 1_000)
                .Complete(new WorkCertificate(new byte[] { 1 }, new byte[] { 2 }), TestNetwork.Key("peer"));
            Assert.That(source.Import(block).ToString(), Is.EqualTo("Ok"));
            blocks.Add(block);
        }

        return blocks;
    }

    private static bool IsReadable(BlockChain chain, Block block)
    {
        try
        {
            return chain.GetPosition(block.Id) is not null && chain.StateAt(block.Header.StateRoot).GetAccount(block.Header.Producer).Nonce == 0;
        }
        catch (StateTreeException)
        {
            return false;
        }
    }

    // Nothing votes here; the trusted checkpoint is what becomes final.
    private static BlockChain Open(List<Block> blocks, IKeyValueStore? store = null) =>
        Open(new Checkpoint(70, blocks[69].Id), store ?? new InMemoryKeyValueStore());

    private static BlockChain Open(Checkpoint? trusted, IKeyValueStore store) => new(new BlockChainOptions
    {
        Store = store,
        Parameters = NetworkParameters.Development,
        WorkVerifier = new AcceptingVerifier(),
        Difficulty = new AsertDifficulty(NetworkParameters.Development),
        TrustedCheckpoint = trusted,
        KeptWitnesses = 6,
        KeptStates = 6,
    });

    /// <summary>Takes what moves the head, and on demand nothing else.</summary>
    private sealed class FailingStore : IKeyValueStore
    {
        private readonly InMemoryKeyValueStore _inner = new();

        internal bool IsFull { get; set; }

        public byte[]? Get(ReadOnlySpan<byte> key) => _inner.Get(key);

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => _inner.Scan(from, end, limit);

        public void Apply(WriteBatch batch)
        {
            bool movesHead = false;
            for (int i = 0; i < batch.Count; i++)
            {
                movesHead |= batch[i].Key.SequenceEqual("chain/head"u8);
            }

            if (IsFull && !movesHead)
            {
                throw new StoreException(StoreFailure.DiskFull, "full");
            }

            _inner.Apply(batch);
        }

        public IKeyValueSnapshot Snapshot() => _inner.Snapshot();

        public void Dispose() => _inner.Dispose();
    }

    private sealed class AcceptingVerifier : IWorkVerifier
    {
        public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
        {
            ticket = header.ParentHash;
            return ValidationResult.Ok;
        }

        public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
        {
            ticket = header.ParentHash;
            return ValidationResult.Ok;
        }
    }
}
