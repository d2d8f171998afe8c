using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Signing;

/// <summary>Asks for the producer's seal of a complete header. Two headers of one parent cost the producer's stake.</summary>
/// <param name="header">The header with its certificate commitment.</param>
public sealed class SealSigningRequest(BlockHeader header) : SigningRequest
{
    /// <summary>The header with its certificate commitment.</summary>
    public BlockHeader Header => header;

    /// <inheritdoc/>
    public override Hash256 Hash => ProducerSeal.HashForSigning(Header.Id);

    /// <inheritdoc/>
    public override bool IsFor(ISigner signer) => Header.Producer == signer.Address;
}
