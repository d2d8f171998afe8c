using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>Dials nobody and accepts nobody.</summary>
public sealed class RejectingConnectionGater : IConnectionGater
{
    private static ValidationResult No => ValidationResult.Fail(ValidationCode.NotAllowed, nameof(IConnectionGater), "No connection is allowed.");

    /// <inheritdoc/>
    public ValidationResult MayDial(PeerId? peer, Multiaddr address) => No;

    /// <inheritdoc/>
    public ValidationResult MayAccept(Multiaddr remote) => No;

    /// <inheritdoc/>
    public ValidationResult MayKeep(PeerId peer, Multiaddr remote, bool isInbound) => No;
}
