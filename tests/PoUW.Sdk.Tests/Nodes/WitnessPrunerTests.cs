using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Tests.Nodes;

[TestFixture]
public sealed class WitnessPrunerTests
{
    [Test]
    public void Witnesses_go_in_bounded_steps_with_the_blocks_that_come()
    {
        BlockChain source = Open(null);
        List<Block> blocks = [];
        for (int i = 0; i < 80; i++)
        {
            Block block = source.Propose(TestNetwork.Key("peer").Address, [], source.Head.Header.TimestampMs + 1_000)
                .Complete(new WorkCertificate(new byte[] { 1 }, new byte[] { 2 }), TestNetwork.Key("peer"));
            Assert.That(source.Import(block).ToString(), Is.EqualTo("Ok"));
            blocks.Add(block);
        }

        // Nothing votes here; the trusted checkpoint is what becomes final.
        BlockChain chain = Open(new Checkpoint(70, blocks[69].Id));
        chain.Subscribe(new WitnessPruner(chain));
        List<int> pruned = [];
        foreach (Block block in blocks[..74])
        {
            Assert.That(chain.Import(block).IsValid, Is.True);
            pruned.Add(blocks.Take(pruned.Count + 1).Count(known => chain.GetBlock(known.Id)!.Certificate.Witness.IsEmpty));
        }

        // Heights 0 to 31 go with block 70, the next 32 with block 71; 71 blocks keep 66 to 71, 72 blocks 67 to 72, and so on.
        Assert.That(pruned[68..], Is.EqualTo(new[] { 0, 31, 63, 66, 67, 68 }));
    }

    private static BlockChain Open(Checkpoint? trusted) => new(new BlockChainOptions
    {
        Store = new InMemoryKeyValueStore(),
        Parameters = NetworkParameters.Development,
        WorkVerifier = new AcceptingVerifier(),
        Difficulty = new AsertDifficulty(NetworkParameters.Development),
        TrustedCheckpoint = trusted,
        KeptWitnesses = 6,
    });

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
