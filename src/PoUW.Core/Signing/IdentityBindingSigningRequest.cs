using PoUW.Core.Primitives;

namespace PoUW.Core.Signing;

/// <summary>
/// Asks for the signature under the statement that a peer acts for the account. It moves nothing, but the peer's deeds and misdeeds in the network
/// are then counted as the account's until the statement expires or a later one replaces it.
/// </summary>
/// <param name="binding">The statement.</param>
public sealed class IdentityBindingSigningRequest(IdentityBinding binding) : SigningRequest
{
    /// <summary>The statement.</summary>
    public IdentityBinding Binding => binding;

    /// <inheritdoc/>
    public override Hash256 Hash => Binding.HashForSigning;

    /// <inheritdoc/>
    public override bool IsFor(ISigner signer) => Binding.PublicKey.Span.SequenceEqual(signer.PublicKey.Span);
}
