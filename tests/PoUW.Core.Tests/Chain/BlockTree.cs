using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// A random tree of blocks on a genesis block, some of them invalid only once they are executed, and some on top of those. Work differs
/// from block to block.
/// </summary>
internal sealed class BlockTree
{
    private readonly TestNet _net;
    private readonly DepthFinality _finality;

    internal BlockTree(TestNet net, DepthFinality finality, Fuzzer random, int blocks)
    {
        (_net, _finality) = (net, finality);
        BlockChain genesis = Open();
        Nodes.Add(new Node(genesis.Genesis, -1, true, 16));
        for (int i = 1; i <= blocks; i++)
        {
            // Mostly near the end, so that branches get long.
            int parent = Math.Max(0, Nodes.Count - 1 - random.Next(random.Next(3) == 0 ? Nodes.Count : 4));
            Nodes.Add(Grow(parent, (ulong)random.Next(10), isValid: random.Next(9) != 0));
        }
    }

    internal List<Node> Nodes { get; } = [];

    internal BlockChain Open(IKeyValueStore? store = null) => _net.Open(
        store ?? new InMemoryKeyValueStore(), options => options with { Finality = _finality });

    /// <summary>The nodes from genesis, without it, to one.</summary>
    internal List<int> PathTo(int node)
    {
        List<int> path = [];
        for (; node > 0; node = Nodes[node].Parent)
        {
            path.Add(node);
        }

        path.Reverse();
        return path;
    }

    private Node Grow(int parent, ulong offset, bool isValid)
    {
        List<int> path = PathTo(parent);
        BlockHeader above = Nodes[parent].Block.Header;
        uint bits = new StepDifficulty().NextBits(Nodes[0].Block.Header, above);
        long work = Nodes[parent].Work + (1L << (int)bits);
        ulong time = above.TimestampMs + 1_000 + offset;
        if (path.TrueForAll(node => Nodes[node].IsValid))
        {
            BlockChain chain = Open();
            path.ForEach(node => Assert.That(chain.Import(Nodes[node].Block).ToString(), Is.EqualTo("Ok")));
            BlockTemplate template = chain.Propose(TestNet.Miner, [], time);
            BlockHeader header = isValid ? template.Header : template.Header with { StateRoot = Hash256.Sha256([(byte)offset]) };

            // Two blocks on one parent may have drawn the same time.
            return new Node(TestNet.Mine(header with { Nonce = (ulong)Nodes.Count }, []), parent, isValid, work);
        }

        BlockHeader onInvalid = above with { Height = above.Height + 1, ParentHash = above.Id, TimestampMs = time, Bits = bits, Nonce = (ulong)Nodes.Count };
        return new Node(TestNet.Mine(onInvalid, []), parent, isValid, work);
    }

    /// <summary>A block, the index of its parent, whether it is valid on a valid parent, and the work of its chain.</summary>
    internal sealed record Node(Block Block, int Parent, bool IsValid, long Work);
}
