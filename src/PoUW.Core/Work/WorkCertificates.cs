using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>How headers commit to certificates.</summary>
public static class WorkCertificates
{
    /// <summary>
    /// H(H(version || public data)), the version being the first two bytes of the public data. Any bytes are accepted; whether they are
    /// valid public data is for <see cref="WorkVerifier"/> to say.
    /// </summary>
    public static Hash256 Commitment(ReadOnlySpan<byte> publicData)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(publicData[..Math.Min(2, publicData.Length)]);
        hash.AppendData(publicData);
        hash.GetHashAndReset(digest);
        return Hash256.Sha256(digest);
    }

    /// <summary>Compares a header's commitment with the public data that came with it.</summary>
    public static ValidationResult CheckCommitment(Hash256 committed, ReadOnlySpan<byte> publicData) =>
        Commitment(publicData) == committed
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.WrongCertificateCommitment, "CertificateCommitment", "The header commits to other public data.");
}
