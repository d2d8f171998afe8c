using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Transactions;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>A block that lacks only its certificate and its producer's seal. Immutable.</summary>
/// <param name="Header">The header; its certificate commitment is zero.</param>
/// <param name="Transactions">The transactions, executed already.</param>
public sealed record BlockTemplate(BlockHeader Header, IReadOnlyList<Transaction> Transactions)
{
    /// <summary>What a ticket binds.</summary>
    public ReadOnlyMemory<byte> IncompleteHeader => Header.EncodeIncomplete();

    /// <summary>
    /// The block with a certificate and the producer's signature. Its work is not checked here; importing the block does that. A producer
    /// must not publish two blocks on one parent: the two seals cost it its stake.
    /// </summary>
    /// <exception cref="ArgumentException">The key is not that of the header's producer.</exception>
    public Block Complete(WorkCertificate certificate, KeyPair producer)
    {
        BlockHeader header = Header with { CertificateCommitment = BlockHeader.CommitTo(certificate.PublicData.Span) };
        return new Block(header, Transactions, certificate, ProducerSeal.Sign(producer, header));
    }
}
