using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Chain;

/// <summary>A small network: two rich accounts, hash work, epochs of four blocks, and a clock far enough ahead.</summary>
internal sealed class TestNet : IDisposable
{
    private readonly IReadOnlyList<ILedgerModule> _modules;

    internal TestNet(Func<NetworkParameters, NetworkParameters>? change = null, IReadOnlyList<ILedgerModule>? modules = null)
    {
        _modules = [new CounterModule(), .. modules ?? []];
        Alice = KeyPair.Generate(new SeededRandomSource(1, "alice"));
        Bob = KeyPair.Generate(new SeededRandomSource(1, "bob"));
        NetworkParameters parameters = NetworkParameters.Development with
        {
            EpochBlocks = 4,
            Allocations =
            [
                new GenesisAllocation(Alice.Address, Amount.FromCoins(1_000)), new GenesisAllocation(Bob.Address, Amount.FromCoins(1_000)),
            ],
        };
        Parameters = change is null ? parameters : change(parameters);
        Signer = new TransactionSigner(Parameters);
        Time = new ManualTime(DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddDays(1));
    }

    internal static KeyPair MinerKey { get; } = KeyPair.Generate(new SeededRandomSource(1, "miner"));

    internal static KeyPair OtherMinerKey { get; } = KeyPair.Generate(new SeededRandomSource(1, "other miner"));

    internal static Address Miner => MinerKey.Address;

    internal KeyPair Alice { get; }

    internal KeyPair Bob { get; }

    internal NetworkParameters Parameters { get; }

    internal TransactionSigner Signer { get; }

    internal ManualTime Time { get; }

    internal BlockChain Open(IKeyValueStore store, Func<BlockChainOptions, BlockChainOptions>? change = null)
    {
        BlockChainOptions options = new()
        {
            Store = store,
            Parameters = Parameters,
            WorkVerifier = new NonceWork(),
            Difficulty = new StepDifficulty(),
            Modules = _modules,
            Time = Time,
        };
        return new BlockChain(change is null ? options : change(options));
    }

    internal BlockChain Open() => Open(new InMemoryKeyValueStore());

    /// <summary>Proposes and mines the next block a second (plus an offset) after the head; does not import it.</summary>
    internal Block Next(BlockChain chain, IEnumerable<Transaction>? transactions = null, ulong offsetMs = 0, KeyPair? producer = null)
    {
        ulong time = chain.Head.Header.TimestampMs + 1_000 + offsetMs;
        BlockTemplate template = chain.Propose((producer ?? MinerKey).Address, transactions ?? [], time);
        return template.Complete(NonceWork.Mine(template.Header), producer ?? MinerKey);
    }

    /// <summary>Mines and seals a block with exactly this header, whatever it says; its producer is one of the two miners.</summary>
    internal static Block Mine(BlockHeader header, IReadOnlyList<Transaction> transactions)
    {
        KeyPair producer = header.Producer == Miner ? MinerKey : OtherMinerKey;
        return new BlockTemplate(header with { CertificateCommitment = default }, transactions).Complete(NonceWork.Mine(header), producer);
    }

    /// <summary>Grows the chain by empty blocks.</summary>
    internal List<Block> Grow(BlockChain chain, int blocks, ulong offsetMs = 0)
    {
        List<Block> added = [];
        for (int i = 0; i < blocks; i++)
        {
            Block block = Next(chain, offsetMs: offsetMs);
            Assert.That(chain.Import(block).IsValid, Is.True);
            added.Add(block);
        }

        return added;
    }

    internal Transaction Pay(KeyPair from, ulong nonce, ulong coins, ulong tip = 0)
    {
        return Signer.Transfer(from, nonce, from == Alice ? Bob.Address : Alice.Address, Amount.FromCoins(coins), tip);
    }

    public void Dispose()
    {
        Alice.Dispose();
        Bob.Dispose();
    }
}
