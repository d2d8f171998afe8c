using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PublicKey = PoUW.Network.Identity.PublicKey;

namespace PoUW.Network.Security;

/// <summary>Decides about the peer's certificate within one handshake, and keeps what was found.</summary>
internal sealed class TlsPeerCheck(IdentityVerifier verifier, TimeProvider time, PeerId? expected)
{
    /// <summary>The peer's key once it is verified; null before, and if it is refused.</summary>
    public PublicKey? Key { get; private set; }

    /// <summary>Why the peer was refused.</summary>
    public ValidationResult Result { get; private set; }

    /// <summary>The callback of the handshake. What the platform thinks of the chain does not matter: nothing of it is trusted.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Result = Check(certificate, chain, out PublicKey? key);
        Key = Result.IsValid ? key : null;
        return Result.IsValid;
    }

    private ValidationResult Check(X509Certificate? certificate, X509Chain? chain, out PublicKey? key)
    {
        key = null;
        if (certificate is not X509Certificate2 own)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Certificate", "The peer gave no certificate.");
        }

        // Some platforms list the peer's own certificate among those that came with it.
        if (chain?.ChainPolicy.ExtraStore.Any(other => !other.RawDataMemory.Span.SequenceEqual(own.RawDataMemory.Span)) == true)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Certificate", "The peer gave more than one certificate.");
        }

        ValidationResult result = PeerCertificate.TryVerify(own.RawDataMemory, time.GetUtcNow(), verifier, out key);
        return result.IsValid && expected is { } wanted && wanted != PeerId.Of(key!)
            ? ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerId), $"The peer is {PeerId.Of(key!)}, not {wanted}.")
            : result;
    }
}
