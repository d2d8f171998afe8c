using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Signing;

/// <summary>
/// The statement that a peer of the network acts for an account: "this identity is mine until then". The account's key signs it, so the key that
/// holds the stake need not be on the machine that talks to strangers, and the identity can be replaced without moving the stake: of two
/// statements of an account the one with the higher sequence is valid. Encoding: RLP list in the order of the fields. Immutable.
/// </summary>
/// <param name="Network">The network, named by its genesis block; a statement for one is worth nothing in another.</param>
/// <param name="PublicKey">The account's compressed public key, 33 bytes.</param>
/// <param name="Identity">The id of the peer, opaque bytes to the ledger.</param>
/// <param name="Sequence">Grows with every new statement of the account.</param>
/// <param name="ExpiresAt">Unix time in seconds from which the statement is void.</param>
public sealed record IdentityBinding(
    Hash256 Network, ReadOnlyMemory<byte> PublicKey, ReadOnlyMemory<byte> Identity, ulong Sequence, ulong ExpiresAt)
{
    /// <summary>The longest id of a peer.</summary>
    public const int MaxIdentityBytes = 64;

    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 160;

    private static ReadOnlySpan<byte> Prefix => "PoUW/identity"u8;

    /// <summary>What is signed: SHA-256("PoUW/identity" || encoding).</summary>
    public Hash256 HashForSigning => Hash256.Sha256([.. Prefix, .. Encode()]);

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode()
    {
        return new RlpWriter()
            .BeginList().Write(Network).Write(PublicKey.Span).Write(Identity.Span).Write(Sequence).Write(ExpiresAt).EndList().Finish();
    }

    /// <summary>Reads a statement; checks form only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out IdentityBinding? binding)
    {
        binding = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(IdentityBinding), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        IdentityBinding read = new(
            items.ReadHash(),
            items.ReadFixed(Secp256k1Scheme.PublicKeySize).ToArray(),
            items.ReadBytes(MaxIdentityBytes).ToArray(),
            items.ReadUInt64(),
            items.ReadUInt64());
        if (!items.TryFinish() || !outer.TryFinish() || read.Identity.IsEmpty)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(IdentityBinding), "Not the canonical encoding of a binding.");
        }

        binding = read;
        return ValidationResult.Ok;
    }
}
