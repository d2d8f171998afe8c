using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Transactions;

public sealed class TransactionTests
{
    private static readonly TransactionSigner Signer = new(NetworkParameters.Development);

    [Test]
    public void A_transaction_round_trips()
    {
        Transaction transaction = Sample();

        Assert.That(Transaction.TryDecode(transaction.Encode().Span, out Transaction? decoded).IsValid, Is.True);
        Assert.That(decoded!.Id, Is.EqualTo(transaction.Id));
        Assert.That(decoded.FullHash, Is.EqualTo(transaction.FullHash));
        Assert.That(decoded.SigningHash, Is.EqualTo(transaction.SigningHash));
        Assert.That(new SignatureVerifier(new Secp256k1Scheme()).Verify(decoded, out Address sender).IsValid, Is.True);
        using KeyPair key = Key();
        Assert.That(sender, Is.EqualTo(key.Address));
    }

    [Test]
    public void Hashes_are_those_of_the_definition([Values(0, 10, 300, 2_000, 70_000)] int payloadBytes)
    {
        using KeyPair key = Key();
        Transaction made = Signer.Sign(key, TransactionKind.SubmitJob, 5, Enumerable.Repeat((byte)7, payloadBytes).ToArray());
        Assert.That(Transaction.TryDecode(made.Encode().Span, out Transaction? read).IsValid, Is.True);
        byte[] body = made.Body.Encode();
        foreach (Transaction transaction in new[] { made, read! })
        {
            Assert.That(transaction.Body.Encode(), Is.EqualTo(body));
            Assert.That(transaction.Id, Is.EqualTo(Hash256.Sha256(body)));
            Assert.That(transaction.SigningHash, Is.EqualTo(Hash256.Sha256([.. "PoUW/tx"u8, .. body])));
            Assert.That(transaction.FullHash, Is.EqualTo(Hash256.Sha256(transaction.Encode().Span)));
            Assert.That(transaction.EncodedLength, Is.EqualTo(transaction.Encode().Length));
            Assert.That(new Secp256k1Scheme().Verify(key.PublicKey.Span, transaction.SigningHash, transaction.Signature.Span), Is.True);
        }
    }

    [Test]
    public void A_decoded_transaction_does_not_depend_on_the_buffer_that_it_was_read_from()
    {
        byte[] buffer = Sample().Encode().ToArray();
        Assert.That(Transaction.TryDecode(buffer, out Transaction? read).IsValid, Is.True);
        Array.Clear(buffer);

        Assert.That(read!.Encode().Span.SequenceEqual(Sample().Encode().Span), Is.False, "Signatures are not deterministic.");
        Assert.That(read.Body.Encode(), Is.EqualTo(Sample().Body.Encode()));
    }

    [Test]
    public void A_decoded_transfer_costs_at_most_450_bytes()
    {
        byte[] encoded = Sample().Encode().ToArray();
        long perUse = AllocationOf(() => Transaction.TryDecode(encoded, out _));
        TestContext.Out.WriteLine($"{perUse} bytes a transfer of {encoded.Length}");

        Assert.That(perUse, Is.LessThanOrEqualTo(450));
    }

    [Test]
    public void Reading_the_parts_of_a_transfer_allocates_nothing_and_decoding_only_the_payload()
    {
        byte[] encoded = new TransferPayload(Address.Zero, Amount.FromCoins(1)).Encode();

        Assert.That(AllocationOf(() => TransferPayload.TryParse(encoded, out _, out _, out _)), Is.Zero);
        Assert.That(AllocationOf(() => TransferPayload.TryDecode(encoded, out _)), Is.LessThanOrEqualTo(88));
    }

    private static long AllocationOf(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
    }

    [Test]
    public void The_id_covers_the_body_and_not_the_signature()
    {
        using KeyPair key = Key();
        Transaction first = Sample();
        Transaction second = TransactionSigner.Sign(key, first.Body);

        Assert.That(second.Signature.Span.SequenceEqual(first.Signature.Span), Is.False);
        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(second.FullHash, Is.Not.EqualTo(first.FullHash));
    }

    public static IEnumerable<TestCaseData> ChangedBodies()
    {
        using KeyPair other = KeyPair.Generate(new SeededRandomSource(99, "other"));
        byte[] publicKey = other.PublicKey.ToArray();
        yield return Case("kind", body => body with { Kind = TransactionKind.SubmitJob });
        yield return Case("chain", body => body with { ChainId = body.ChainId + 1 });
        yield return Case("nonce", body => body with { Nonce = body.Nonce + 1 });
        yield return Case("expiry", body => body with { ExpiryHeight = 5 });
        yield return Case("gas limit", body => body with { GasLimit = body.GasLimit + 1 });
        yield return Case("max fee", body => body with { MaxFeePerGas = body.MaxFeePerGas + 1 });
        yield return Case("tip", body => body with { TipPerGas = body.TipPerGas + 1 });
        yield return Case("payload", body => body with { Payload = new TransferPayload(Address.Zero, Amount.FromCoins(2)).Encode() });
        yield return Case("scheme", body => body with { SchemeId = 2 });
        yield return Case("public key", body => body with { PublicKey = publicKey });

        static TestCaseData Case(string name, Func<TransactionBody, TransactionBody> change) => new TestCaseData(change).SetName("Changed " + name);
    }

    [TestCaseSource(nameof(ChangedBodies))]
    public void A_signature_does_not_fit_another_body(Func<TransactionBody, TransactionBody> change)
    {
        Transaction transaction = Sample();
        Transaction forged = new(change(transaction.Body), transaction.Signature);
        SignatureVerifier verifier = new(new Secp256k1Scheme());

        Assert.That(verifier.Verify(transaction, out _).IsValid, Is.True);
        Assert.That(verifier.Verify(forged, out _).Code, Is.EqualTo(ValidationCode.BadSignature));
        Assert.That(forged.Id, Is.Not.EqualTo(transaction.Id));
    }

    [Test]
    public void Good_signatures_are_computed_once_and_a_forged_twin_of_a_known_id_is_refused()
    {
        SignatureVerifier verifier = new(new Secp256k1Scheme(), capacity: 2);
        Transaction transaction = Sample();
        byte[] bad = transaction.Signature.ToArray();
        bad[5] ^= 1;
        Transaction forged = new(transaction.Body, bad);

        Assert.That(verifier.Verify(transaction, out _).IsValid, Is.True);
        Assert.That(verifier.Verify(transaction, out _).IsValid, Is.True);
        Assert.That(verifier.Computed, Is.EqualTo(1));
        Assert.That(forged.Id, Is.EqualTo(transaction.Id));
        Assert.That(verifier.Verify(forged, out _).Code, Is.EqualTo(ValidationCode.BadSignature));
    }

    [Test]
    public void The_memory_of_signatures_is_bounded()
    {
        SignatureVerifier verifier = new(new Secp256k1Scheme(), capacity: 2);
        Transaction[] transactions = [Sample(0), Sample(1), Sample(2)];
        foreach (Transaction transaction in transactions)
        {
            verifier.Verify(transaction, out _);
        }

        verifier.Verify(transactions[0], out _);
        verifier.Verify(transactions[2], out _);

        Assert.That(verifier.Computed, Is.EqualTo(4));
    }

    [Test]
    public void Mutated_encodings_never_throw_and_what_decodes_is_canonical()
    {
        byte[] valid = Sample().Encode().ToArray();
        Fuzzer fuzzer = new(1, "transaction");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (Transaction.TryDecode(mutated, out Transaction? decoded).IsValid)
            {
                Assert.That(decoded!.Encode().Span.SequenceEqual(mutated), Is.True);
            }
        }
    }

    [Test]
    public void Oversized_input_is_refused_before_it_is_read()
    {
        Assert.That(
            Transaction.TryDecode(new byte[Transaction.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(Transaction.TryDecode([], out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void A_payload_of_the_largest_size_fits_and_one_byte_more_does_not()
    {
        using KeyPair key = Key();
        Transaction largest = Signer.Sign(key, TransactionKind.SubmitJob, 0, new byte[Transaction.MaxPayloadBytes]);
        Transaction larger = Signer.Sign(key, TransactionKind.SubmitJob, 0, new byte[Transaction.MaxPayloadBytes + 1]);

        Assert.That(Transaction.TryDecode(largest.Encode().Span, out _).IsValid, Is.True);
        Assert.That(Transaction.TryDecode(larger.Encode().Span, out _).IsValid, Is.False);
    }

    [Test]
    public void Gas_is_a_base_and_a_price_for_each_byte()
    {
        Assert.That(TransactionGas.Intrinsic(0), Is.EqualTo(21_000));
        Assert.That(TransactionGas.Intrinsic(100), Is.EqualTo(22_600));
    }

    /// <summary>Injective: bodies that differ in any field have different encodings, and each decodes to itself.</summary>
    [FsCheck.NUnit.Property]
    public bool Bodies_have_the_same_encoding_only_if_they_are_the_same(ulong a, ulong b, byte kind, byte[] payload, int field)
    {
        TransactionBody first = Sample().Body with { Kind = (TransactionKind)kind, Nonce = a, GasLimit = b, Payload = payload };
        TransactionBody second = (field & 7) switch
        {
            0 => first with { Nonce = b },
            1 => first with { GasLimit = a },
            2 => first with { ChainId = a },
            3 => first with { MaxFeePerGas = b },
            4 => first with { TipPerGas = a },
            5 => first with { Payload = payload.Reverse().ToArray() },
            6 => first with { SchemeId = kind },
            _ => first with { ExpiryHeight = a },
        };
        Transaction transaction = new(second, new byte[64]);
        bool same = Same(first, second);
        return first.Encode().AsSpan().SequenceEqual(second.Encode()) == same
            && Transaction.TryDecode(transaction.Encode().Span, out Transaction? read).IsValid && Same(read!.Body, second)
            && (first.Payload.Length < 8 || same || transaction.Id != new Transaction(first, new byte[64]).Id);
    }

    private static bool Same(TransactionBody a, TransactionBody b) =>
        a with { Payload = default, PublicKey = default } == b with { Payload = default, PublicKey = default }
        && a.Payload.Span.SequenceEqual(b.Payload.Span) && a.PublicKey.Span.SequenceEqual(b.PublicKey.Span);

    [FsCheck.NUnit.Property]
    public bool Transfer_payloads_round_trip(ulong amount, byte[] memo)
    {
        byte[] shortMemo = memo[..Math.Min(memo.Length, TransferPayload.MaxMemoBytes)];
        TransferPayload payload = new(Address.ForModule("x", shortMemo), Amount.FromBaseUnits(amount), shortMemo);
        bool decoded = TransferPayload.TryDecode(payload.Encode(), out TransferPayload? again).IsValid;
        return decoded && again!.To == payload.To && again.Amount == payload.Amount && again.Memo.Span.SequenceEqual(shortMemo);
    }

    [Test]
    public void A_memo_that_is_too_long_is_refused()
    {
        byte[] encoded = new TransferPayload(Address.Zero, Amount.Zero, new byte[TransferPayload.MaxMemoBytes + 1]).Encode();

        Assert.That(TransferPayload.TryDecode(encoded, out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void Mutated_transfers_never_throw()
    {
        byte[] valid = new TransferPayload(Address.Zero, Amount.FromCoins(1), "memo"u8.ToArray()).Encode();
        Fuzzer fuzzer = new(2, "transfer");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (TransferPayload.TryDecode(mutated, out TransferPayload? decoded).IsValid)
            {
                Assert.That(decoded!.Encode(), Is.EqualTo(mutated));
            }
        }
    }

    private static KeyPair Key() => KeyPair.Generate(new SeededRandomSource(1, "transaction"));

    private static Transaction Sample(ulong nonce = 7)
    {
        using KeyPair key = Key();
        return Signer.Transfer(key, nonce, Address.ForModule("someone", []), Amount.FromCoins(1), tipPerGas: 3);
    }
}
