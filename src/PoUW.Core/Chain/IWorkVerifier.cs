using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// Decides whether a certificate is enough work for a header. Everything in the certificate comes from strangers. The chain has checked
/// the header's fields, its bits, the sizes and the commitment before it calls. Called from any thread; must not throw on bad input and
/// must not call back.
/// </summary>
public interface IWorkVerifier
{
    /// <summary>The cheap part: checks the public data and the ticket that it claims, without the witness.</summary>
    ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket);

    /// <summary>The whole check: the witness proves what the public data claims.</summary>
    ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket);
}
