using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Mempool;

/// <summary>A chain with any number of accounts whose signatures cost nothing, and a pool that follows it.</summary>
internal sealed class PoolNet : IDisposable
{
    /// <summary>Every block has all the gas.</summary>
    internal const ulong ManyGas = 30_000_000;

    /// <summary>A fifth of the base fee: two steps more are enough for a replacement.</summary>
    internal const ulong TipStep = 200_000_000;

    private ulong _branches;

    internal PoolNet(int accounts, Amount balance, MempoolOptions? options = null, IKeyValueStore? store = null)
    {
        Accounts = accounts;
        Net = new TestNet(parameters => parameters with
        {
            Allocations = [.. Enumerable.Range(0, accounts).Select(i => new GenesisAllocation(TagScheme.AddressOf(i), balance))],
        });
        Chain = Open(store);
        Pool = new TransactionPool(Chain, (options ?? new MempoolOptions()) with { Time = options?.Time ?? Net.Time });
        Chain.Subscribe(Pool);
    }

    internal int Accounts { get; }

    internal TestNet Net { get; }

    internal TagScheme Scheme { get; } = new();

    internal BlockChain Chain { get; }

    internal TransactionPool Pool { get; }

    public void Dispose() => Net.Dispose();

    /// <summary>Another chain of the network, with a signature memory of its own.</summary>
    internal BlockChain Open(IKeyValueStore? store = null) =>
        Net.Open(store ?? new InMemoryKeyValueStore(), options => options with { SignatureScheme = Scheme });

    internal ulong NonceOf(int account) => Chain.HeadState.GetAccount(TagScheme.AddressOf(account)).Nonce;

    /// <summary>A transfer to the next account.</summary>
    internal Transaction Pay(
        int from, ulong nonce, ulong tip = 0, ulong expiry = ulong.MaxValue, int memo = 0, Amount amount = default, int? to = null)
    {
        byte[] payload = new TransferPayload(TagScheme.AddressOf(to ?? (from + 1) % Accounts), amount, new byte[memo]).Encode();
        return TagScheme.Sign(new TransactionBody
        {
            Kind = TransactionKind.Transfer,
            ChainId = Net.Parameters.ChainId,
            Nonce = nonce,
            ExpiryHeight = expiry,
            GasLimit = TransactionGas.Intrinsic(payload.Length),
            MaxFeePerGas = (ulong)Net.Parameters.BaseFeePerGas.BaseUnits + tip,
            TipPerGas = tip,
            Payload = payload,
            PublicKey = TagScheme.KeyOf(from),
        });
    }

    /// <summary>Mines the candidates that apply on the head.</summary>
    internal Block Mine(params Transaction[] candidates)
    {
        Block block = Net.Next(Chain, candidates);
        Assert.That(Chain.Import(block).IsValid, Is.True);
        return block;
    }

    /// <summary>
    /// A chain that agrees with this one up to a height and then has blocks of its own, one for each list of candidates; this chain is not
    /// told of them.
    /// </summary>
    internal List<Block> Branch(ulong fork, IReadOnlyList<Transaction[]> blocks)
    {
        // No two branches may hold the same block.
        _branches++;
        BlockChain other = Open();
        for (ulong height = 1; height <= fork; height++)
        {
            Assert.That(other.Import(Chain.GetBlockByHeight(height)!).IsValid, Is.True);
        }

        List<Block> branch = [];
        foreach (Transaction[] candidates in blocks)
        {
            Block block = Net.Next(other, candidates, _branches);
            Assert.That(other.Import(block).IsValid, Is.True);
            branch.Add(block);
        }

        return branch;
    }

    internal void Import(IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            Assert.That(Chain.Import(block).IsValid, Is.True);
        }
    }
}
