using PoUW.Core.Blocks;
using PoUW.Core.Transactions;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>A block that lacks only its certificate. Immutable.</summary>
/// <param name="Header">The header; its certificate commitment is zero.</param>
/// <param name="Transactions">The transactions, executed already.</param>
public sealed record BlockTemplate(BlockHeader Header, IReadOnlyList<Transaction> Transactions)
{
    /// <summary>What a ticket binds.</summary>
    public ReadOnlyMemory<byte> IncompleteHeader => Header.EncodeIncomplete();

    /// <summary>The block with a certificate. Its work is not checked here; importing the block does that.</summary>
    public Block Complete(WorkCertificate certificate)
    {
        BlockHeader header = Header with { CertificateCommitment = BlockHeader.CommitTo(certificate.PublicData.Span) };
        return new Block(header, Transactions, certificate);
    }
}
