using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Transactions;

public sealed class SignatureVerifierTests
{
    private static readonly TransactionSigner Signer = new(NetworkParameters.Development);
    private static readonly KeyPair Key = KeyPair.Generate(new SeededRandomSource(1, "verifier"));

    // Stands for the mathematics, so that thousands of transactions are cheap: a signature is good if its first byte is even.
    private sealed class ParityScheme : ISignatureScheme
    {
        private int _calls;

        internal int Calls => _calls;

        internal int FailsAt { get; init; } = -1;

        public byte Id => Secp256k1Scheme.SchemeId;

        public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature)
        {
            if (Interlocked.Increment(ref _calls) == FailsAt)
            {
                throw new InvalidOperationException("broken scheme");
            }

            return signature[0] % 2 == 0;
        }

        public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
        {
            address = new Address(publicKey[..20]);
            return true;
        }
    }

    private sealed class IdleSpawner : ISpawner
    {
        public Task Spawn(string name, Func<Task> work) => Task.CompletedTask;

        public Task SpawnThread(string name, Action work) => Task.CompletedTask;
    }

    private sealed class LateSpawner : ISpawner
    {
        internal List<Func<Task>> Late { get; } = [];

        public Task Spawn(string name, Func<Task> work)
        {
            Late.Add(work);
            return Task.CompletedTask;
        }

        public Task SpawnThread(string name, Action work) => Task.CompletedTask;
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(8)]
    public void The_first_bad_index_is_found_and_every_good_one_is_remembered(int threads)
    {
        Fuzzer fuzzer = new(1, "bad indexes");
        for (int round = 0; round < 60; round++)
        {
            ParityScheme scheme = new();
            SignatureVerifier verifier = new(scheme, new SignatureVerifierOptions { Threads = threads });
            int count = fuzzer.Next(60);
            HashSet<int> bad = [.. Enumerable.Range(0, fuzzer.Next(4)).Select(_ => fuzzer.Next(60)).Where(index => index < count)];
            Transaction[] transactions = Some(count, bad.Contains);
            Address[] senders = new Address[count];

            ValidationResult result = verifier.VerifyAll(transactions, senders, out int firstBad);

            Assert.That(firstBad, Is.EqualTo(bad.Count == 0 ? -1 : bad.Min()));
            Assert.That(result.Code, Is.EqualTo(bad.Count == 0 ? ValidationCode.Ok : ValidationCode.BadSignature));
            Assert.That(verifier.Computed, Is.EqualTo(count));
            for (int i = 0; i < count; i++)
            {
                Assert.That(verifier.Verify(transactions[i], out Address sender).IsValid, Is.EqualTo(!bad.Contains(i)));
                Assert.That(senders[i], Is.EqualTo(sender));
                Assert.That((sender == Address.Zero), Is.EqualTo(bad.Contains(i)));
            }

            Assert.That(verifier.Computed, Is.EqualTo(count + bad.Count), "Good ones are remembered, bad ones are not.");
        }
    }

    [Test]
    public void Known_ones_are_not_computed_again()
    {
        ParityScheme scheme = new();
        SignatureVerifier verifier = new(scheme);
        Transaction[] transactions = Some(40, _ => false);
        verifier.VerifyAll(transactions.AsSpan(0, 30).ToArray(), default, out _);
        verifier.VerifyAll(transactions, default, out int firstBad);

        Assert.That(firstBad, Is.EqualTo(-1));
        Assert.That(scheme.Calls, Is.EqualTo(40));
    }

    [Test]
    public void A_forged_twin_of_a_known_transaction_is_bad_in_a_block()
    {
        SignatureVerifier verifier = new(new Secp256k1Scheme());
        Transaction good = Signer.Transfer(Key, 0, Address.Zero, Amount.FromCoins(1));
        byte[] signature = good.Signature.ToArray();
        signature[40] ^= 1;
        Transaction forged = new(good.Body, signature);
        Assert.That(verifier.Verify(good, out _).IsValid, Is.True);

        Assert.That(verifier.VerifyAll([good, forged, good], default, out int firstBad).Code, Is.EqualTo(ValidationCode.BadSignature));
        Assert.That(firstBad, Is.EqualTo(1));
    }

    [Test]
    public void Helpers_that_never_start_are_not_waited_for()
    {
        SignatureVerifier verifier = new(new ParityScheme(), new SignatureVerifierOptions { Threads = 4, Spawner = new IdleSpawner() });

        Assert.That(verifier.VerifyAll(Some(50, index => index == 49), default, out int firstBad).IsValid, Is.False);
        Assert.That(firstBad, Is.EqualTo(49));
    }

    [Test]
    public void Helpers_that_start_too_late_do_nothing()
    {
        ParityScheme scheme = new();
        LateSpawner spawner = new();
        SignatureVerifier verifier = new(scheme, new SignatureVerifierOptions { Threads = 4, Spawner = spawner });
        verifier.VerifyAll(Some(50, _ => false), default, out _);

        Assert.That(spawner.Late, Has.Count.EqualTo(3));
        Assert.That(spawner.Late.Select(work => work().IsCompletedSuccessfully), Is.All.True);
        Assert.That(scheme.Calls, Is.EqualTo(50));
    }

    [Test]
    public void A_failure_of_the_scheme_reaches_the_caller([Values(1, 4)] int threads)
    {
        SignatureVerifier verifier = new(new ParityScheme { FailsAt = 7 }, new SignatureVerifierOptions { Threads = threads });

        Assert.That(() => verifier.VerifyAll(Some(50, _ => false), default, out _), Throws.InvalidOperationException);
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100)]
    [TestCase(5_000)]
    public void The_memory_is_bounded_whatever_its_size_and_stays_right(int capacity)
    {
        SignatureVerifier verifier = new(new ParityScheme(), capacity);
        Transaction[] transactions = Some(2_000, index => index % 5 == 0);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < transactions.Length; i++)
            {
                Assert.That(verifier.Verify(transactions[i], out _).IsValid, Is.EqualTo(i % 5 != 0));
            }
        }

        Assert.That(verifier.Computed, capacity == 5_000 ? Is.EqualTo(2_000 + 400) : Is.GreaterThan(4_000 - capacity - 1));
        Assert.That(verifier.Verify(transactions[^1], out _).IsValid, Is.True);
    }

    [Test]
    public void The_memory_takes_few_bytes_an_entry_and_none_before_it_is_used()
    {
        Transaction[] transactions = Some(4_000, _ => false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SignatureVerifier verifier = new(new ParityScheme(), new SignatureVerifierOptions { Threads = 1 });
        long empty = GC.GetAllocatedBytesForCurrentThread() - before;
        verifier.VerifyAll(transactions, default, out _);
        long full = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(empty, Is.LessThan(20_000));
        Assert.That(full / 4_000, Is.LessThan(300), "All growth counted; about half of it stays.");
    }

    [Test]
    public void Many_threads_ask_at_once()
    {
        SignatureVerifier verifier = new(new ParityScheme(), 300);
        Transaction[] transactions = Some(400, index => index % 3 == 0);
        int wrong = 0;
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                int index = (i * 7 + thread * 31) % transactions.Length;
                bool valid = verifier.Verify(transactions[index], out Address sender).IsValid;
                if (valid != (index % 3 != 0) || valid == (sender == Address.Zero))
                {
                    Interlocked.Increment(ref wrong);
                }
            }

            verifier.VerifyAll(transactions, default, out int firstBad);
            if (firstBad != 0)
            {
                Interlocked.Increment(ref wrong);
            }
        });

        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void Options_are_checked()
    {
        ParityScheme scheme = new();

        Assert.That(() => new SignatureVerifier(scheme, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new SignatureVerifier(scheme, new SignatureVerifierOptions { Threads = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SignatureVerifier(scheme).VerifyAll(Some(3, _ => false), new Address[2], out _), Throws.ArgumentException);
        Assert.That(new SignatureVerifier(scheme).VerifyAll([], default, out int firstBad).IsValid && firstBad == -1, Is.True);
    }

    private static Transaction[] Some(int count, Func<int, bool> bad)
    {
        TransactionBody body = Signer.Transfer(Key, 0, Address.Zero, Amount.FromCoins(1)).Body;
        return [.. Enumerable.Range(0, count).Select(i => new Transaction(
            body with { Nonce = (ulong)i }, new byte[] { (byte)(bad(i) ? 1 : 2) }.Concat(new byte[63]).ToArray()))];
    }
}
