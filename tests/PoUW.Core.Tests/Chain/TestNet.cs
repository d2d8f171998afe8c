using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Chain;

/// <summary>A small network: two rich accounts, hash work, epochs of four blocks, and a clock far enough ahead.</summary>
internal sealed class TestNet : IDisposable
{
    internal TestNet(Func<NetworkParameters, NetworkParameters>? change = null)
    {
        Alice = KeyPair.Generate(new SeededRandomSource(1, "alice"));
        Bob = KeyPair.Generate(new SeededRandomSource(1, "bob"));
        NetworkParameters parameters = NetworkParameters.Development with
        {
            EpochBlocks = 4,
            ConfirmationBlocks = 6,
            Allocations =
            [
                new GenesisAllocation(Alice.Address, Amount.FromCoins(1_000)), new GenesisAllocation(Bob.Address, Amount.FromCoins(1_000)),
            ],
        };
        Parameters = change is null ? parameters : change(parameters);
        Signer = new TransactionSigner(Parameters);
        Time = new ManualTime(DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddDays(1));
    }

    internal static Address Miner { get; } = Address.ForModule("miner", []);

    internal KeyPair Alice { get; }

    internal KeyPair Bob { get; }

    internal NetworkParameters Parameters { get; }

    internal TransactionSigner Signer { get; }

    internal ManualTime Time { get; }

    internal BlockChain Open(IKeyValueStore store) => new(new BlockChainOptions
    {
        Store = store,
        Parameters = Parameters,
        WorkVerifier = new NonceWork(),
        Difficulty = new StepDifficulty(),
        Modules = [new CounterModule()],
        Time = Time,
    });

    internal BlockChain Open() => Open(new InMemoryKeyValueStore());

    /// <summary>Proposes and mines the next block a second (plus an offset) after the head; does not import it.</summary>
    internal Block Next(BlockChain chain, IEnumerable<Transaction>? transactions = null, ulong offsetMs = 0, Address? producer = null)
    {
        ulong time = chain.Head.Header.TimestampMs + 1_000 + offsetMs;
        BlockTemplate template = chain.Propose(producer ?? Miner, transactions ?? [], time);
        return template.Complete(NonceWork.Mine(template.Header));
    }

    /// <summary>Mines a block with exactly this header, whatever it says.</summary>
    internal static Block Mine(BlockHeader header, IReadOnlyList<Transaction> transactions)
    {
        return new BlockTemplate(header with { CertificateCommitment = default }, transactions).Complete(NonceWork.Mine(header));
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
