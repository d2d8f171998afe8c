using PoUW.Compute.TileWork;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Storage;
using PoUW.Core.Work;
using PoUW.Sdk.Mining;

namespace PoUW.Sdk.Tests.Nodes;

[TestFixture]
public sealed class BlockProducerTests
{
    private readonly List<Block> _produced = [];
    private BlockChain _chain = null!;
    private BlockProducer _producer = null!;

    [SetUp]
    public void StartChain()
    {
        _produced.Clear();
        NetworkParameters parameters = NetworkParameters.Development with
        {
            GenesisTicketsPerBlock = 1,
            GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        _chain = new BlockChain(new BlockChainOptions
        {
            Store = new InMemoryKeyValueStore(),
            Parameters = parameters,
            WorkVerifier = new TileWorkVerifier(new NetworkRules(parameters)),
            Difficulty = new AsertDifficulty(parameters),
        });
        TransactionPool pool = new(_chain, new MempoolOptions());
        _producer = new BlockProducer(_chain, new RejectingLeaseView(), pool, TestNetwork.Key("miner"), TimeProvider.System, _produced.Add);
        _chain.Subscribe(_producer);
    }

    [Test]
    public void Every_product_gets_a_header_of_its_own() =>
        Assert.That(_producer.Current!.Sigma, Is.Not.EqualTo(_producer.Current!.Sigma));

    [Test]
    public void A_mined_ticket_becomes_a_block_and_one_on_an_old_head_does_not()
    {
        CapturingSink capture = new();
        using CommonsMiner late = new(_chain.Parameters.Commons, _producer, capture);
        while (capture.Found is null)
        {
            late.RunOnce();
        }

        using CommonsMiner miner = new(_chain.Parameters.Commons, _producer, _producer);
        while (_chain.Head.Height == 0)
        {
            miner.RunOnce();
        }

        ulong height = _chain.Head.Height;
        int blocks = _produced.Count;
        _producer.Submit(capture.Found.Value.Template, capture.Found.Value.Certificate);
        Assert.Multiple(() =>
        {
            Assert.That(blocks, Is.EqualTo((int)height));
            Assert.That(_produced, Has.Count.EqualTo(blocks), "the late ticket made no block");
            Assert.That(_chain.Head.Height, Is.EqualTo(height));
        });
    }

    private sealed class CapturingSink : ITicketSink
    {
        public (WorkTemplate Template, WorkCertificate Certificate)? Found { get; private set; }

        public void Submit(WorkTemplate template, WorkCertificate certificate) => Found ??= (template, certificate);
    }
}
