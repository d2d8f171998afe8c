using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Core.Signing;

/// <summary>Signs in this process, at once, every request that names its key. The pair belongs to the caller.</summary>
public sealed class KeyPairSigner(KeyPair pair) : ISigner
{
    /// <inheritdoc/>
    public Address Address => pair.Address;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PublicKey => pair.PublicKey;

    /// <inheritdoc/>
    public ValueTask<SignResult> SignAsync(SigningRequest request, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<SignResult>(cancellation);
        }

        return ValueTask.FromResult(
            request.IsFor(this) ? SignResult.Signed(pair.Sign(request.Hash)) : SignResult.Refused($"The request is not for the key of {Address}."));
    }
}
