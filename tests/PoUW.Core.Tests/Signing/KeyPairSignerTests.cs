using PoUW.Core.Blocks;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Signing;

public sealed class KeyPairSignerTests : SignerConformance
{
    protected override bool Signs => true;

    // A signer that breaks its contract: whatever it is asked, it gives these bytes.
    private sealed class LyingSigner(byte[] answer) : ISigner
    {
        public Address Address => Pair.Address;

        public ReadOnlyMemory<byte> PublicKey => Pair.PublicKey;

        public ValueTask<SignResult> SignAsync(SigningRequest request, CancellationToken cancellation = default) =>
            ValueTask.FromResult(SignResult.Signed(answer));
    }

    protected override ISigner Create() => new KeyPairSigner(Pair);

    [Test]
    public void Requests_say_what_is_signed_and_compute_the_hash_that_verifiers_compute()
    {
        SigningRequest[] requests = [.. Requests(Pair)];
        TransactionBody body = ((TransactionSigningRequest)requests[0]).Body;

        Assert.That(requests[0].Hash, Is.EqualTo(new Transaction(body, new byte[64]).SigningHash));
        Assert.That(requests[1], Is.InstanceOf<VoteSigningRequest>());
        Assert.That(((VoteSigningRequest)requests[1]).Vote.TargetHeight, Is.EqualTo(4));
        Assert.That(requests[2].Hash, Is.EqualTo(ProducerSeal.HashForSigning(Header(Pair.Address).Id)));
        Assert.That(requests.Select(request => request.Hash), Is.Unique);
        TransactionSigningRequest malformedVote = SigningRequest.For(body with { Kind = TransactionKind.CheckpointVote });
        Assert.That(malformedVote, Is.Not.InstanceOf<VoteSigningRequest>());
    }

    [Test]
    public async Task A_lying_signer_makes_no_valid_transaction()
    {
        TransactionBody body = ((TransactionSigningRequest)Requests(Pair).First()).Body;
        (SignResult shortResult, Transaction? none) = await TransactionSigner.SignAsync(new LyingSigner(new byte[63]), body);
        (_, Transaction? bad) = await TransactionSigner.SignAsync(new LyingSigner(new byte[64]), body);

        Assert.That(shortResult.Status, Is.EqualTo(SignStatus.Unavailable));
        Assert.That(none, Is.Null);
        Assert.That(new SignatureVerifier(new Core.Cryptography.Secp256k1Scheme()).Verify(bad!, out _).IsValid, Is.False);
    }
}
