using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// Hash work for unbound blocks, and tickets for bound ones that depend on the parent and the operation alone, as bound tickets do: blocks
/// with different times share one. Every bound ticket wins.
/// </summary>
internal sealed class BoundTickets : IWorkVerifier
{
    private readonly NonceWork _unbound = new();

    internal static TileWorkShape Shape { get; } = new(256, 256, 512, false, false);

    internal static WorkCertificate Mine(BlockHeader header)
    {
        WorkPublicData data = new()
        {
            Shape = Shape,
            RootA = Hash256.Sha256("a"u8),
            RootB = Hash256.Sha256("b"u8),
            TileRow = 0,
            TileColumn = 0,
            Segment = 0,
            State = new uint[TileWorkParameters.StateWords],
            Bound = true,
            Binding = header.Claim!.Binding,
        };
        return new WorkCertificate(data.Encode(), header.Claim.Binding.ToArray());
    }

    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        if (header.Claim is null)
        {
            return _unbound.VerifyPublicData(header, publicData, out ticket);
        }

        ticket = TicketOf(header);
        return ValidationResult.Ok;
    }

    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
    {
        if (header.Claim is null)
        {
            return _unbound.Verify(header, certificate, out ticket);
        }

        ticket = TicketOf(header);
        return ValidationResult.Ok;
    }

    internal static Hash256 TicketOf(BlockHeader header) =>
        Hash256.Sha256([.. header.ParentHash.ToArray(), .. header.Claim!.Binding.ToArray()]);
}
