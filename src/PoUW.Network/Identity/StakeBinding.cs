using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;
using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>
/// Ties a peer to a staking account: the account's key has signed the peer's id (<see cref="IdentityBinding"/>). The identity does not sign back;
/// instead a binding counts only when it comes from the peer itself over a connection that proves its id, so nobody can tie a stranger's peer to
/// an account of his. Encoding: RLP list (statement, signature of 64 bytes). Immutable.
/// </summary>
/// <param name="Statement">What the account's key has signed.</param>
/// <param name="Signature">r and s, with the lower s.</param>
public sealed record StakeBinding(IdentityBinding Statement, ReadOnlyMemory<byte> Signature)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = IdentityBinding.MaxEncodedBytes + Secp256k1Scheme.SignatureSize + 5;

    /// <summary>Has the account's signer sign that a peer acts for it.</summary>
    /// <param name="staker">The account's signer.</param>
    /// <param name="network">The network's genesis block.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="sequence">Higher than in every binding of the account before.</param>
    /// <param name="expiresAt">When it ends; whole seconds count.</param>
    /// <param name="cancellation">Ends the wait for the signer.</param>
    /// <returns>The binding if it was signed; it is not verified here.</returns>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static async ValueTask<(SignResult Result, StakeBinding? Binding)> SignAsync(
        ISigner staker, Hash256 network, PeerId peer, ulong sequence, DateTimeOffset expiresAt, CancellationToken cancellation = default)
    {
        IdentityBinding statement = new(network, staker.PublicKey, peer.Bytes.ToArray(), sequence, (ulong)Math.Max(0, expiresAt.ToUnixTimeSeconds()));
        SignResult result = await staker.SignAsync(new IdentityBindingSigningRequest(statement), cancellation);
        return (result, result.IsSigned ? new StakeBinding(statement, result.Signature) : null);
    }

    /// <summary>Reads a binding; checks form only. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out StakeBinding? binding)
    {
        binding = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(StakeBinding), $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        ReadOnlySpan<byte> statement = items.ReadEncodedItem();
        byte[] signature = items.ReadFixed(Secp256k1Scheme.SignatureSize).ToArray();
        if (!items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(StakeBinding), "Not the canonical encoding of a binding.");
        }

        ValidationResult result = IdentityBinding.TryDecode(statement, out IdentityBinding? read);
        binding = result.IsValid ? new StakeBinding(read!, signature) : null;
        return result;
    }

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().WriteEncoded(Statement.Encode()).Write(Signature.Span).EndList().Finish();

    /// <summary>Checks that the binding is for this network and this peer, is not over, and was signed by the account.</summary>
    /// <param name="network">This network's genesis block.</param>
    /// <param name="sender">The peer that gave the binding, proven by its connection.</param>
    /// <param name="now">The time.</param>
    /// <param name="scheme">Verifies the signature.</param>
    /// <param name="options">The limits.</param>
    /// <param name="account">The account that the peer acts for.</param>
    public ValidationResult Verify(
        Hash256 network, PeerId sender, DateTimeOffset now, ISignatureScheme scheme, StakeBindingOptions options, out Address account)
    {
        account = default;
        if (Statement.Network != network)
        {
            return ValidationResult.Fail(ValidationCode.WrongChain, nameof(Statement.Network), $"The binding is for the network {Statement.Network}.");
        }

        if (!Statement.Identity.Span.SequenceEqual(sender.Bytes) || sender.IsNone)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(Statement.Identity), "The binding is that of another peer.");
        }

        ulong seconds = (ulong)Math.Max(0, now.ToUnixTimeSeconds());
        if (Statement.ExpiresAt <= seconds)
        {
            return ValidationResult.Fail(ValidationCode.Expired, nameof(Statement.ExpiresAt), $"Expired at {Statement.ExpiresAt}; now it is {seconds}.");
        }

        if (Statement.ExpiresAt - seconds > (ulong)options.MaxLifetime.TotalSeconds)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(Statement.ExpiresAt), $"Expires at {Statement.ExpiresAt}, more than {options.MaxLifetime} ahead.");
        }

        return scheme.Verify(Statement.PublicKey.Span, Statement.HashForSigning, Signature.Span, out account)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.BadSignature, nameof(Signature), "The signature does not fit the account's key and the statement.");
    }
}
