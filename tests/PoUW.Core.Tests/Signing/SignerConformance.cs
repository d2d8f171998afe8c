using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Signing;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Signing;

/// <summary>What every signer must do, whether it signs or refuses.</summary>
public abstract class SignerConformance
{
    private static readonly TransactionSigner Signer = new(NetworkParameters.Development);
    private readonly Secp256k1Scheme _scheme = new();

    protected static KeyPair Pair { get; } = KeyPair.Generate(new SeededRandomSource(1, "signer"));

    protected static KeyPair Other { get; } = KeyPair.Generate(new SeededRandomSource(2, "signer"));

    /// <summary>A signer of <see cref="Pair"/>.</summary>
    protected abstract ISigner Create();

    /// <summary>Whether it signs requests for its key.</summary>
    protected abstract bool Signs { get; }

    public static IEnumerable<SigningRequest> Requests(KeyPair pair)
    {
        TransactionBody body = Signer.Transfer(pair, 3, Address.Zero, Amount.FromCoins(1)).Body;
        CheckpointVote vote = new(0, Hash256.Sha256([1]), 4, Hash256.Sha256([2]));
        yield return SigningRequest.For(body);
        yield return SigningRequest.For(body with { Kind = TransactionKind.CheckpointVote, Payload = vote.Encode() });
        yield return new SealSigningRequest(Header(pair.Address));
        yield return new IdentityBindingSigningRequest(new IdentityBinding(Hash256.Sha256([3]), pair.PublicKey, new byte[] { 1, 2 }, 5, 6));
    }

    [Test]
    public void It_names_an_account_and_its_key()
    {
        ISigner signer = Create();

        Assert.That(_scheme.TryGetAddress(signer.PublicKey.Span, out Address address), Is.True);
        Assert.That(address, Is.EqualTo(signer.Address));
        Assert.That(signer.Address, Is.EqualTo(Pair.Address));
    }

    [Test]
    public async Task Requests_for_its_key_are_answered()
    {
        ISigner signer = Create();
        foreach (SigningRequest request in Requests(Pair))
        {
            SignResult result = await signer.SignAsync(request);
            Assert.That(result.IsSigned, Is.EqualTo(Signs), request.ToString());
            Assert.That(result.Message, Signs ? Is.Empty : Is.Not.Empty);
            Assert.That(_scheme.Verify(Pair.PublicKey.Span, request.Hash, result.Signature.Span), Is.EqualTo(Signs));
        }
    }

    [Test]
    public async Task Requests_for_another_key_are_refused()
    {
        ISigner signer = Create();
        foreach (SigningRequest request in Requests(Other))
        {
            SignResult result = await signer.SignAsync(request);
            Assert.That(result.Status, Is.EqualTo(SignStatus.Refused));
            Assert.That(result.Signature.IsEmpty && result.Message.Length > 0, Is.True);
        }
    }

    [Test]
    public void A_wait_that_was_ended_throws()
    {
        ISigner signer = Create();
        using CancellationTokenSource ended = new();
        ended.Cancel();

        Assert.That(async () => await signer.SignAsync(Requests(Pair).First(), ended.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Transactions_and_seals_are_made_with_it()
    {
        ISigner signer = Create();
        byte[] payload = new TransferPayload(Other.Address, Amount.FromCoins(2)).Encode();
        (SignResult result, Transaction? transaction) = await Signer.SignAsync(signer, TransactionKind.Transfer, 9, payload, tipPerGas: 1);
        (SignResult sealing, ProducerSeal? seal) = await ProducerSeal.SignAsync(signer, Header(Pair.Address));

        Assert.That(result.IsSigned && sealing.IsSigned, Is.EqualTo(Signs));
        Assert.That(transaction is not null && new SignatureVerifier(_scheme).Verify(transaction, out _).IsValid, Is.EqualTo(Signs));
        Assert.That(seal is not null && seal.Verify(_scheme, Header(Pair.Address)), Is.EqualTo(Signs));
        Assert.That(async () => await TransactionSigner.SignAsync(signer, Signer.Transfer(Other, 0, Address.Zero, Amount.Zero).Body), Throws.ArgumentException);
        Assert.That(async () => await ProducerSeal.SignAsync(signer, Header(Other.Address)), Throws.ArgumentException);
    }

    protected static BlockHeader Header(Address producer) => new()
    {
        ChainId = 1337,
        Height = 5,
        ParentHash = Hash256.Sha256([1]),
        TimestampMs = 1_767_225_605_000,
        Bits = 0x1d00ffff,
        Producer = producer,
        TransactionRoot = Hash256.Zero,
        StateRoot = Hash256.Sha256([2]),
        ReceiptsRoot = Hash256.Sha256([3]),
    };
}
