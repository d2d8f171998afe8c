using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Network.Tests.Sync;

/// <summary>A small network whose work is a hash that nobody searches for: blocks cost nothing, but witnesses can be wrong.</summary>
internal sealed class SyncChains
{
    public static KeyPair Alice { get; } = KeyPair.Generate(new SeededRandomSource(1, "alice"));

    public static KeyPair Bob { get; } = KeyPair.Generate(new SeededRandomSource(1, "bob"));

    public static KeyPair Miner { get; } = KeyPair.Generate(new SeededRandomSource(1, "miner"));

    public static NetworkParameters Parameters { get; } = NetworkParameters.Development with
    {
        Allocations =
        [
            new GenesisAllocation(Alice.Address, Amount.FromCoins(1_000)), new GenesisAllocation(Bob.Address, Amount.FromCoins(1_000)),
        ],
    };

    /// <summary>A day after genesis.</summary>
    public static DateTimeOffset Start { get; } = DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddDays(1);

    /// <summary>The same network with so many accounts that their state has three chunks.</summary>
    public static NetworkParameters ManyAccounts() => Parameters with
    {
        Allocations =
        [
            .. Parameters.Allocations,
            .. Enumerable.Range(0, 44_000).Select(static i =>
                new GenesisAllocation(new Address(Hash256.Sha256(BitConverter.GetBytes(i)).ToArray().AsSpan(0, Address.Size)), Amount.FromCoins(1))),
        ],
    };

    public static BlockChain Open(TimeProvider time, IKeyValueStore? store = null, Checkpoint? trusted = null, NetworkParameters? parameters = null) =>
        new(Options(time, store, trusted, parameters));

    public static BlockChainOptions Options(TimeProvider time, IKeyValueStore? store = null, Checkpoint? trusted = null, NetworkParameters? parameters = null) => new()
    {
        Store = store ?? new InMemoryKeyValueStore(),
        Parameters = parameters ?? Parameters,
        WorkVerifier = new HashWork(),
        Difficulty = new EvenDifficulty(),
        Signatures = new SignatureVerifierOptions { Threads = 1 },
        TrustedCheckpoint = trusted,
        Time = time,
    };

    /// <summary>The next block, a second (and an offset) after the head.</summary>
    public static Block Next(BlockChain chain, IEnumerable<Transaction>? transactions = null, ulong offsetMs = 0) =>
        At(chain, chain.Head.Header.TimestampMs + 1_000 + offsetMs, transactions);

    /// <summary>The next block with a timestamp.</summary>
    public static Block At(BlockChain chain, ulong timestampMs, IEnumerable<Transaction>? transactions = null)
    {
        BlockTemplate template = chain.Propose(Miner.Address, transactions ?? [], timestampMs);
        return template.Complete(HashWork.Prove(template.Header), Miner);
    }

    public static List<Block> Grow(BlockChain chain, int count, ulong offsetMs = 0)
    {
        List<Block> grown = [];
        for (int i = 0; i < count; i++)
        {
            grown.Add(Next(chain, offsetMs: offsetMs));
            Import(chain, grown[^1]);
        }

        return grown;
    }

    public static void ImportAll(BlockChain chain, IEnumerable<Block> blocks)
    {
        foreach (Block block in blocks)
        {
            Import(chain, block);
        }
    }

    public static Transaction Pay(ulong nonce, ulong coins = 1) => new TransactionSigner(Parameters).Transfer(Alice, nonce, Bob.Address, Amount.FromCoins(coins), 1);

    /// <summary>Without the test framework: a sweep of the benchmarks makes its samples here too.</summary>
    private static void Import(BlockChain chain, Block block)
    {
        string result = chain.Import(block).ToString();
        if (result != "Ok")
        {
            throw new InvalidOperationException(result);
        }
    }

    public static Block WithoutWitness(Block block) => block with { Certificate = block.Certificate with { Witness = default } };

    /// <summary>The witness is the hash of the ticket, which is the hash of the header; every ticket wins.</summary>
    private sealed class HashWork : IWorkVerifier
    {
        public static WorkCertificate Prove(BlockHeader header)
        {
            byte[] publicData = [1, 0, 7];
            return new WorkCertificate(publicData, Hash256.Sha256(TicketOf(header, publicData).ToArray()).ToArray());
        }

        public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
        {
            ticket = TicketOf(header, publicData.Span);
            return ValidationResult.Ok;
        }

        public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
        {
            ticket = TicketOf(header, certificate.PublicData.Span);
            return certificate.Witness.Span.SequenceEqual(Hash256.Sha256(ticket.ToArray()).ToArray())
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.BadOpening, "Witness", "Not the hash of the ticket.");
        }

        private static Hash256 TicketOf(BlockHeader header, ReadOnlySpan<byte> publicData) =>
            Hash256.Sha256([.. header.EncodeIncomplete(), .. publicData]);
    }

    private sealed class EvenDifficulty : IDifficultyRule
    {
        public uint GenesisBits => 4;

        public uint NextBits(BlockHeader genesis, BlockHeader parent) => 4;

        public BigInteger Work(uint bits) => 16;
    }
}
