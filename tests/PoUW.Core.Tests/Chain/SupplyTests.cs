using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Chain;

public sealed class SupplyTests
{
    /// <summary>
    /// Blocks of random payments and module calls, good and bad: after each block the balances of all accounts that can hold coins sum to
    /// minted minus burned, and minted grows by the share of the subsidy that every block mints.
    /// </summary>
    [FsCheck.NUnit.Property(MaxTest = 10)]
    public bool The_supply_is_conserved_on_a_chain(byte[][] blocks)
    {
        using TestNet net = new();
        BlockChain chain = net.Open();
        Address[] holders = [net.Alice.Address, net.Bob.Address, TestNet.Miner];
        foreach (byte[] operations in blocks.Take(6))
        {
            Block block = net.Next(chain, Transactions(net, chain, [.. operations.Take(6)]));
            if (!chain.Import(block).IsValid)
            {
                return false;
            }

            StateSnapshot state = chain.HeadState;
            Amount sum = holders.Aggregate(Amount.Zero, (total, holder) => total + state.GetAccount(holder).Balance);
            Amount minted = Amount.FromCoins(2_000) + (SubsidySplit.BaseShare(net.Parameters) * chain.Head.Height);
            if (sum != state.Minted - state.Burned || state.Minted != minted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The sweep "supply" of the benchmarks runs the same over a million.</summary>
    [Test]
    public void The_supply_is_conserved_over_many_random_transactions()
    {
        const int Many = 30_000;
        using SupplyRun run = new(seed: 8);
        Assert.That(run.Run(Many), Is.Null);
        Assert.That(run.Transactions, Is.EqualTo(Many));
        Assert.That(run.Failed, Is.InRange(Many / 20, Many / 2));
        Assert.That(run.Dropped, Is.Positive);
    }

    private static IEnumerable<Transaction> Transactions(TestNet net, BlockChain chain, byte[] operations)
    {
        ulong alice = chain.HeadState.GetAccount(net.Alice.Address).Nonce;
        ulong bob = chain.HeadState.GetAccount(net.Bob.Address).Nonce;
        foreach (byte operation in operations)
        {
            yield return (operation % 4) switch
            {
                0 => net.Pay(net.Alice, alice++, operation, tip: operation),
                1 => net.Pay(net.Bob, bob++, operation * 20UL),
                2 => net.Signer.Sign(net.Alice, TransactionKind.Stake, alice++, new[] { (byte)(operation & 4) }),
                _ => net.Signer.Transfer(net.Bob, bob++, TestNet.Miner, Amount.FromBaseUnits(operation), tipPerGas: 1),
            };
        }
    }
}
