using PoUW.Core.Blocks;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Ledger;

/// <summary>Knows no leases: every bound block is invalid.</summary>
public sealed class RejectingLeaseView : ILeaseView
{
    /// <inheritdoc/>
    public ValidationResult CheckClaim(IStateReader parentState, BlockHeader parent, BlockHeader header, in TileWorkShape shape) =>
        ValidationResult.Fail(ValidationCode.BadBinding, nameof(header.Claim), "This chain knows no leases.");
}
