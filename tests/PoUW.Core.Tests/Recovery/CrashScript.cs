using System.Buffers.Binary;
using PoUW.Core.Archive;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Recovery;

/// <summary>
/// Blocks in the order in which they are imported, with branches that win and branches that lose, and what a chain in memory shows after
/// each. Everything follows from the seed.
/// </summary>
internal sealed class CrashScript
{
    private const int PaymentsPerBlock = 3;

    private readonly CrashNet _net;
    private readonly Random _random;
    private readonly BlockChain _main;
    private readonly BlockChain _rival;
    private readonly CheckpointVote?[] _votes;
    private readonly List<Block> _blocks = [];
    private readonly List<CrashStep> _steps = [];
    private readonly Dictionary<Hash256, CrashOutcome> _outcomes = [];

    private CrashScript(CrashNet net, int seed)
    {
        (_net, _random) = (net, new Random(seed));
        _votes = new CheckpointVote?[net.VoterKeys.Count];
        _main = net.Open(new InMemoryKeyValueStore());
        _rival = net.Open(new InMemoryKeyValueStore());
    }

    /// <summary>The blocks in the order of import.</summary>
    internal IReadOnlyList<Block> Blocks => _blocks;

    /// <summary>Entry i: where a chain stands before block i is imported; the last: at the end.</summary>
    internal IReadOnlyList<CrashStep> Steps => _steps;

    /// <summary>What is true while a block is the head.</summary>
    internal IReadOnlyDictionary<Hash256, CrashOutcome> Outcomes => _outcomes;

    /// <summary>The reference: a chain in memory that imported all.</summary>
    internal BlockChain Reference { get; private set; } = null!;

    internal static CrashScript Build(CrashNet net, int seed, int blocks)
    {
        CrashScript script = new(net, seed);
        while (script._blocks.Count < blocks)
        {
            switch (script._random.Next(8))
            {
                case 0:
                    script.Fork(losing: 1 + script._random.Next(2), lostFirst: true);
                    break;
                case 1:
                    script.Fork(losing: 1, lostFirst: false);
                    break;
                default:
                    script.Extend();
                    break;
            }
        }

        script.Replay();
        return script;
    }

    /// <summary>Writes the blocks for the process that will be killed.</summary>
    internal void Save(string path)
    {
        using FileStream file = File.Create(path);
        byte[] length = new byte[4];
        foreach (byte[] encoded in _blocks.Select(block => block.Encode()))
        {
            BinaryPrimitives.WriteInt32BigEndian(length, encoded.Length);
            file.Write(length);
            file.Write(encoded);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    internal static List<Block> Load(string path, int maxBlockBytes)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        List<Block> blocks = [];
        while (!rest.IsEmpty)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            Require(Block.TryDecode(rest.Slice(4, length), maxBlockBytes, out Block? block).IsValid, "the script does not decode");
            blocks.Add(block!);
            rest = rest[(4 + length)..];
        }

        return blocks;
    }

    /// <summary>Writes the winning chain as a segment, which repairs take the place of peers.</summary>
    internal void SaveSegment(string path)
    {
        using FileStream file = File.Create(path);
        Require(ChainExport.WriteTo(file, Reference, 1, Reference.Head.Height).IsValid, "the reference cannot be exported");
    }

    private void Extend()
    {
        Block block = Make(_main, 0, votes: true);
        Import(_rival, block);
        _blocks.Add(block);
    }

    /// <summary>A branch of one or two blocks, and one from the same parent that is longer by one.</summary>
    private void Fork(int losing, bool lostFirst)
    {
        List<Block> lost = [];
        for (int i = 0; i < losing; i++)
        {
            lost.Add(Make(_rival, 10, votes: false));
        }

        List<Block> won = [];
        for (int i = 0; i <= losing; i++)
        {
            won.Add(Make(_main, 20, votes: true));
        }

        won.ForEach(block => Import(_rival, block));
        Require(_rival.Head.Id == _main.Head.Id, "the longer branch did not win");
        _blocks.AddRange(lostFirst ? lost.Concat(won) : won.Concat(lost));
    }

    private Block Make(BlockChain chain, ulong offsetMs, bool votes)
    {
        List<Transaction> transactions = [];
        for (int i = 0; i < PaymentsPerBlock; i++)
        {
            int from = (i + _random.Next(2) * PaymentsPerBlock) % _net.PayerKeys.Count;
            int to = (from + 1 + _random.Next(_net.PayerKeys.Count - 1)) % _net.PayerKeys.Count;
            ulong nonce = chain.HeadState.GetAccount(_net.PayerKeys[from].Address).Nonce;
            transactions.Add(_net.Signer.Transfer(_net.PayerKeys[from], nonce, _net.PayerKeys[to].Address, new Amount((UInt128)_random.Next(1, 1_000_000)), 0));
        }

        for (int voter = 0; votes && voter < _votes.Length; voter++)
        {
            if (VoteRule.Next(chain.HeadState, _votes[voter]) is { } vote)
            {
                _votes[voter] = vote;
                ulong nonce = chain.HeadState.GetAccount(_net.VoterKeys[voter].Address).Nonce;
                transactions.Add(_net.Signer.Sign(_net.VoterKeys[voter], TransactionKind.CheckpointVote, nonce, vote.Encode()));
            }
        }

        Block block = _net.Next(chain, transactions, offsetMs);
        Require(block.Transactions.Count == transactions.Count, "a transaction was left out");
        Import(chain, block);
        return block;
    }

    private void Replay()
    {
        Reference = _net.Open(new InMemoryKeyValueStore());
        Note();
        foreach (Block block in _blocks)
        {
            Import(Reference, block);
            Note();
        }

        Require(Reference.FinalizedHeight > 0, "nothing became final");
    }

    private void Note()
    {
        ChainHead head = Reference.Head;
        _steps.Add(new CrashStep(head.Id, head.Finalized));
        StateSnapshot state = Reference.HeadState;
        _outcomes.TryAdd(head.Id, new CrashOutcome(
            head.Height, state.Root, head.TotalWork, state.Minted, state.Burned, [.. _net.Accounts.Select(state.GetAccount)]));
    }

    private static void Import(BlockChain chain, Block block) => Require(chain.Import(block).IsValid, "a block of the script is not valid");

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The script is wrong: {otherwise}.");
        }
    }
}
