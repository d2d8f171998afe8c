using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

/// <summary>A test network with the finality module and four equal stakers, whose votes go into blocks.</summary>
internal sealed class FinalityNet : IDisposable
{
    private readonly KeyPair[] _voters =
        [.. Enumerable.Range(0, 4).Select(i => KeyPair.Generate(new SeededRandomSource((ulong)i, "voter")))];

    private readonly CheckpointVote?[] _last = new CheckpointVote?[4];

    internal FinalityNet()
    {
        Stakes = new TestStakes([.. _voters.Append(TestNet.MinerKey).Select((key, i) => (key.Address, Amount.FromCoins(i < 4 ? 100UL : 1)))]);
        GenesisAllocation[] funds = [.. _voters.Select(voter => new GenesisAllocation(voter.Address, Amount.FromCoins(10)))];
        Net = new TestNet(
            parameters => parameters with { Allocations = [.. parameters.Allocations, .. funds] },
            [Stakes, new FinalityModule(Stakes, Stakes, new Secp256k1Scheme())]);
    }

    internal TestNet Net { get; }

    internal TestStakes Stakes { get; }

    internal BlockChain Open(IKeyValueStore? store = null, Func<BlockChainOptions, BlockChainOptions>? change = null) =>
        Net.Open(store ?? new InMemoryKeyValueStore(), change);

    internal Address AddressOf(int voter) => _voters[voter].Address;

    internal Transaction Vote(BlockChain chain, int voter, CheckpointVote vote)
    {
        ulong nonce = chain.HeadState.GetAccount(_voters[voter].Address).Nonce;
        return Net.Signer.Sign(_voters[voter], TransactionKind.CheckpointVote, nonce, vote.Encode());
    }

    /// <summary>Adds blocks; each has the votes that the rule gives to the voters on its parent.</summary>
    internal void Grow(BlockChain chain, int blocks, IReadOnlyList<int> voters, ulong offsetMs = 0)
    {
        for (int i = 0; i < blocks; i++)
        {
            List<Transaction> votes = [];
            foreach (int voter in voters)
            {
                if (VoteRule.Next(chain.HeadState, _last[voter]) is { } vote)
                {
                    _last[voter] = vote;
                    votes.Add(Vote(chain, voter, vote));
                }
            }

            Block block = Net.Next(chain, votes, offsetMs);
            Assert.That(block.Transactions, Has.Count.EqualTo(votes.Count));
            Assert.That(chain.Import(block).IsValid, Is.True);
            Assert.That(chain.GetReceipts(block.Id)!.Select(receipt => receipt.Code), Is.All.EqualTo(ValidationCode.Ok));
        }
    }

    /// <summary>Adds a block with one transaction and gives its receipt's code.</summary>
    internal ValidationCode Send(BlockChain chain, Transaction transaction)
    {
        Block block = Net.Next(chain, [transaction]);
        Assert.That(chain.Import(block).IsValid, Is.True);
        return chain.GetReceipts(block.Id)!.Single().Code;
    }

    /// <summary>A chain with the first blocks of another.</summary>
    internal BlockChain Copy(BlockChain source, ulong height)
    {
        BlockChain chain = Open();
        for (ulong at = 1; at <= height; at++)
        {
            Assert.That(chain.Import(source.GetBlockByHeight(at)!).IsValid, Is.True);
        }

        return chain;
    }

    public void Dispose()
    {
        Net.Dispose();
        foreach (KeyPair voter in _voters)
        {
            voter.Dispose();
        }
    }
}
