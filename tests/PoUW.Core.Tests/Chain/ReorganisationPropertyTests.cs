using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// Random trees imported in random orders, with invalid blocks, orphans and finality: the events are exactly those of a simple model, they
/// keep the automaton, and a subscriber with a log reads the same.
/// </summary>
public sealed class ReorganisationPropertyTests
{
    private const int Depth = 5;

    [TestCase(1ul)]
    [TestCase(2ul)]
    [TestCase(3ul)]
    public void Events_are_those_of_the_model(ulong seed)
    {
        DepthFinality finality = new(Depth);
        using TestNet net = new(null, [finality]);
        Fuzzer random = new(seed, "tree");
        BlockTree tree = new(net, finality, random, 28);
        Dictionary<Hash256, int> names = tree.Nodes.Select((node, i) => (node.Block.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i);
        int reorganisations = 0;
        int refused = 0;
        for (int round = 0; round < 10; round++)
        {
            BlockChain chain = tree.Open();
            Recorder heard = new(names);
            chain.Subscribe(new ValidatingChainObserver(heard, chain.Genesis.Header));
            using ChainSubscription subscription = chain.Notifications.Open("all");
            OrphanPool<string> orphans = new(chain, new OrphanPoolOptions(), _ => true, net.Time);
            ChainModel model = new(tree, Depth);
            foreach (int node in Order(tree.Nodes.Count, random))
            {
                refused += orphans.Import("peer", tree.Nodes[node].Block).Result.IsValid ? 0 : 1;
                model.Import(node);
                Assert.That(names[chain.Head.Id], Is.EqualTo(model.Head), $"seed {seed}, round {round}, block {node}");
                Assert.That(heard.Events, Is.EqualTo(model.Events));
            }

            Assert.That(chain.FinalizedHeight, Is.EqualTo((ulong)model.HeightOf(model.Finalized)));
            Recorder read = new(names);
            Replay(subscription, new ValidatingChainObserver(read, chain.Genesis.Header));
            Assert.That(read.Events, Is.EqualTo(model.Events));
            reorganisations += model.Events.Count(text => text[0] == '-');
        }

        Assert.That(reorganisations, Is.GreaterThan(5), "the trees must branch");
        Assert.That(refused, Is.GreaterThan(20));
    }

    internal static void Replay(ChainSubscription subscription, IChainObserver observer)
    {
        bool isInside = false;
        while (subscription.TryRead() is { } notification)
        {
            if (notification is DetachedNotification left)
            {
                observer.BlockDetached(left.Block);
                isInside = true;
            }
            else
            {
                AttachedNotification joined = (AttachedNotification)notification;
                observer.BlockAttached(joined.Block, joined.Receipts);
                isInside = !joined.EndsChange;
            }
        }

        Assert.That(isInside, Is.False, "the log ends where a change ends");
    }

    /// <summary>All nodes but genesis, most of them near their place, some much too early, some twice.</summary>
    private static IEnumerable<int> Order(int nodes, Fuzzer random)
    {
        List<(int Place, int Node)> order = [];
        for (int node = 1; node < nodes; node++)
        {
            order.Add((node + random.Next(random.Next(4) == 0 ? nodes : 6), node));
            if (random.Next(5) == 0)
            {
                order.Add((random.Next(nodes), node));
            }
        }

        return order.OrderBy(each => each.Place).ThenBy(each => each.Node).Select(each => each.Node);
    }

    private sealed class Recorder(Dictionary<Hash256, int> names) : IChainObserver
    {
        internal List<string> Events { get; } = [];

        public void BlockDetached(Block block) => Events.Add($"-{names[block.Id]}");

        public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => Events.Add($"+{names[block.Id]}");
    }
}
