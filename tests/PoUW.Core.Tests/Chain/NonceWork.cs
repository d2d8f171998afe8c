using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// Hash work for the ledger's own tests: the ticket is SHA-256(incomplete header || public data) and must have as many leading zero bits
/// as the header's bits say; the witness is the SHA-256 of the ticket.
/// </summary>
internal sealed class NonceWork : IWorkVerifier
{
    internal static WorkCertificate Mine(BlockHeader header)
    {
        for (ulong nonce = 0; ; nonce++)
        {
            byte[] publicData = BitConverter.GetBytes(nonce);
            Hash256 ticket = TicketOf(header, publicData);
            if (Wins(header, ticket))
            {
                return new WorkCertificate(publicData, Hash256.Sha256(ticket.ToArray()).ToArray());
            }
        }
    }

    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        ticket = TicketOf(header, publicData.Span);
        return Wins(header, ticket)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TicketAboveTarget, "PublicData", "Not enough leading zeros.");
    }

    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
    {
        ticket = TicketOf(header, certificate.PublicData.Span);
        return certificate.Witness.Span.SequenceEqual(Hash256.Sha256(ticket.ToArray()).ToArray())
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.BadOpening, "Witness", "Not the hash of the ticket.");
    }

    private static Hash256 TicketOf(BlockHeader header, ReadOnlySpan<byte> publicData)
    {
        return Hash256.Sha256([.. header.EncodeIncomplete(), .. publicData]);
    }

    private static bool Wins(BlockHeader header, Hash256 ticket)
    {
        BigInteger value = new(ticket.ToArray(), isUnsigned: true, isBigEndian: true);
        return value >> (256 - (int)Math.Min(header.Bits, 256)) == 0;
    }
}
