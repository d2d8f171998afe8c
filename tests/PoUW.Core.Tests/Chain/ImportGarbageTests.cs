using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Chain;

/// <summary>Budgets of garbage a transfer, after a warm-up; they hold whatever the machine does meanwhile.</summary>
[NonParallelizable]
public sealed class ImportGarbageTests
{
    private const int Transfers = 300;
    private const int WarmBlocks = 6;
    private const int Blocks = 3;

    // Measured 650: decoding 440 of them, then a receipt and what a module sees of a transaction.
    private const long MostBytesATransfer = 900;

    [Test]
    public void Decoding_and_importing_a_transfer_makes_little_garbage()
    {
        using TestNet net = new();
        BlockChain maker = net.Open();
        List<byte[]> encoded = [];
        for (int i = 0; i < WarmBlocks + Blocks; i++)
        {
            Block block = net.Next(maker, Transactions(net, i));
            Assert.That(block.Transactions, Has.Count.EqualTo(Transfers));
            Assert.That(maker.Import(block).IsValid, Is.True);
            encoded.Add(block.Encode());
        }

        // Nothing of the store counts here, and nothing of OpenSSL's handles.
        BlockChain chain = net.Open(new LeanStore(), options => options with
        {
            SignatureScheme = new LeanScheme(net),
            State = new WorldStateOptions { PageCacheBytes = 65_536, ValueCacheBytes = 65_536 },
            Signatures = new SignatureVerifierOptions { Threads = 1, Capacity = 1_024 },
        });
        long before = 0;
        for (int i = 0; i < encoded.Count; i++)
        {
            before = i == WarmBlocks ? GC.GetAllocatedBytesForCurrentThread() : before;
            Assert.That(Block.TryDecode(encoded[i], net.Parameters.MaxBlockBytes, out Block? block).IsValid, Is.True);
            Assert.That(chain.Import(block!).IsValid, Is.True);
        }

        long perTransfer = (GC.GetAllocatedBytesForCurrentThread() - before) / (Blocks * Transfers);
        Assert.That(perTransfer, Is.LessThanOrEqualTo(MostBytesATransfer));
        TestContext.Out.WriteLine($"{perTransfer} bytes a transfer");
    }

    private static IEnumerable<Transaction> Transactions(TestNet net, int block)
    {
        for (int i = 0; i < Transfers; i++)
        {
            byte[] to = new byte[Address.Size];
            to[0] = (byte)(i & 0xFF);
            to[1] = (byte)(i >> 8);
            yield return net.Signer.Transfer(net.Alice, (ulong)((block * Transfers) + i), new Address(to), new Amount(1_000), tipPerGas: 1);
        }
    }

    /// <summary>A store in memory whose garbage is made on another thread.</summary>
    private sealed class LeanStore : IKeyValueStore
    {
        private readonly InMemoryKeyValueStore _inner = new();

        public byte[]? Get(ReadOnlySpan<byte> key) => OffTheRecord(key.ToArray(), key => _inner.Get(key));

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => _inner.Scan(from, end, limit);

        public void Apply(WriteBatch batch) => OffTheRecord(batch, batch =>
        {
            _inner.Apply(batch);
            return 0;
        });

        public IKeyValueSnapshot Snapshot() => _inner.Snapshot();

        public void Dispose() => _inner.Dispose();

        /// <summary>Runs on another thread, whose garbage is not counted.</summary>
        private static TResult OffTheRecord<TArgument, TResult>(TArgument argument, Func<TArgument, TResult> work) =>
            Task.Run(() => work(argument)).GetAwaiter().GetResult();
    }

    private sealed class LeanScheme(TestNet net) : ISignatureScheme
    {
        private readonly Secp256k1Scheme _scheme = new();

        public byte Id => Secp256k1Scheme.SchemeId;

        public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature) => true;

        public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature, out Address signer) => TryGetAddress(publicKey, out signer);

        public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
        {
            if (publicKey.SequenceEqual(net.Alice.PublicKey.Span))
            {
                address = net.Alice.Address;
                return true;
            }

            return _scheme.TryGetAddress(publicKey, out address);
        }
    }
}
