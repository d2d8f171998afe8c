using PoUW.Compute.TileWork;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Work;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Mining;
using PoUW.Sdk.Nodes;
using PoUW.Training.Ledger;

namespace PoUW.Sdk.Tests.Nodes;

[TestFixture]
public sealed class SyncTests
{
    private static readonly NetworkParameters Parameters = NetworkParameters.Development with
    {
        GenesisTicketsPerBlock = 1,
        GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeMilliseconds(),
    };

    /// <summary>
    /// Certificates make an answer hold about fifteen blocks. A node whose own branch is longer than that learns of no heavier head before
    /// it has asked for the second part of the other branch.
    /// </summary>
    [Test]
    public async Task A_node_follows_a_heavier_branch_that_forks_deeper_than_one_answer_reaches()
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        using InMemoryKeyValueStore behind = new();
        using InMemoryKeyValueStore ahead = new();
        Mine(behind, "left", 24);
        Hash256 heaviest = Mine(ahead, "right", 40);
        await using PouwNode right = await PouwNode.StartAsync(Options(transport, ahead, "right"));
        await using PouwNode left = await PouwNode.StartAsync(Options(transport, behind, "left") with { Bootstrap = [Multiaddr.Memory("right")] });
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        for (LedgerView view = left.View; left.Chain.Head.Id != heaviest; view = left.View)
        {
            await left.WaitForChangeAsync(view, deadline.Token);
        }

        Assert.That(left.Chain.Head.Height, Is.EqualTo(40));
    }

    /// <summary>A node whose peer has forgotten the witnesses of the first blocks joins only with a checkpoint to trust.</summary>
    [Test]
    public async Task A_node_joins_through_a_peer_that_has_pruned_only_up_to_a_trusted_checkpoint()
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        using InMemoryKeyValueStore pruned = new();
        Hash256 head = Mine(pruned, "right", 12);
        Hash256 trusted = Prune(pruned, 8);
        await using PouwNode right = await PouwNode.StartAsync(Options(transport, pruned, "right"));
        PrunedWarning observer = new();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        PouwNodeOptions options = Options(transport, new InMemoryKeyValueStore(), "left") with
        {
            Bootstrap = [Multiaddr.Memory("right")],
            Observer = observer,
        };
        await using (PouwNode strict = await PouwNode.StartAsync(options))
        {
            await observer.Warned.WaitAsync(deadline.Token);
            Assert.That(strict.Chain.Head.Height, Is.Zero);
            Assert.That(right.Peers, Has.Count.EqualTo(1), "an honest peer that pruned is not punished");
        }

        await using PouwNode trusting = await PouwNode.StartAsync(options with
        {
            Store = new InMemoryKeyValueStore(),
            Listen = null,
            TrustedCheckpoint = new Checkpoint(8, trusted),
        });
        for (LedgerView view = trusting.View; trusting.Chain.Head.Id != head; view = trusting.View)
        {
            await trusting.WaitForChangeAsync(view, deadline.Token);
        }

        Assert.That(trusting.Chain.FinalizedHeight, Is.EqualTo(8));
    }

    private static Hash256 Prune(InMemoryKeyValueStore store, ulong upTo)
    {
        BlockChain chain = Open(store);
        for (ulong height = 1; height <= upTo; height++)
        {
            store.Apply(new WriteBatch().Delete([.. "chain/witness/"u8, .. chain.GetIdByHeight(height)!.Value.ToArray()]));
        }

        return chain.GetIdByHeight(upTo)!.Value;
    }

    private static BlockChain Open(InMemoryKeyValueStore store) => new(new BlockChainOptions
    {
        Store = store,
        Parameters = Parameters,
        WorkVerifier = new TileWorkVerifier(new NetworkRules(Parameters)),
        Difficulty = new AsertDifficulty(Parameters),
        Modules = NodeModules.Create(Parameters, new Secp256k1Scheme()),
    });

    private static PouwNodeOptions Options(InMemoryTransport transport, InMemoryKeyValueStore store, string name) => new()
    {
        Parameters = Parameters,
        Key = TestNetwork.Key(name),
        Name = name,
        Roles = NodeRoles.Client,
        Store = store,
        Transport = transport,
        Listen = Multiaddr.Memory(name),
    };

    private static Hash256 Mine(InMemoryKeyValueStore store, string name, ulong blocks)
    {
        BlockChain chain = Open(store);
        TransactionPool pool = new(chain, new MempoolOptions());
        BlockProducer producer = new(chain, new RejectingLeaseView(), pool, TestNetwork.Key(name), TimeProvider.System, _ => { });
        chain.Subscribe(producer);
        using CommonsMiner miner = new(Parameters.Commons, producer, new UpTo(producer, chain, blocks));
        while (chain.Head.Height < blocks)
        {
            miner.RunOnce();
        }

        return chain.Head.Id;
    }

    private sealed class PrunedWarning : INodeObserver
    {
        private readonly TaskCompletionSource _warned = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Warned => _warned.Task;

        public void Warn(string node, string message)
        {
            if (message.Contains("pruned the witness of block 1;", StringComparison.Ordinal))
            {
                _warned.TrySetResult();
            }
        }
    }

    private sealed class UpTo(ITicketSink inner, BlockChain chain, ulong blocks) : ITicketSink
    {
        public void Submit(WorkTemplate template, WorkCertificate certificate)
        {
            if (chain.Head.Height < blocks)
            {
                inner.Submit(template, certificate);
            }
        }
    }
}
