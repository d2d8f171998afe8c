using PoUW.Core.Primitives;

namespace PoUW.Core.Signing;

/// <summary>Has a public key and signs nothing: the do-nothing signer, for nodes that only watch.</summary>
/// <param name="address">The account that it names.</param>
/// <param name="publicKey">The key that it names.</param>
public sealed class RefusingSigner(Address address, ReadOnlyMemory<byte> publicKey) : ISigner
{
    /// <inheritdoc/>
    public Address Address => address;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PublicKey => publicKey;

    /// <inheritdoc/>
    public ValueTask<SignResult> SignAsync(SigningRequest request, CancellationToken cancellation = default) =>
        cancellation.IsCancellationRequested
            ? ValueTask.FromCanceled<SignResult>(cancellation)
            : ValueTask.FromResult(SignResult.Refused("This signer signs nothing."));
}
