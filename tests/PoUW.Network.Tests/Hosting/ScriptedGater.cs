using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Lets everybody in unless the test says otherwise.</summary>
internal sealed class ScriptedGater : IConnectionGater
{
    public Func<Multiaddr, ValidationResult> Dial { get; set; } = static _ => ValidationResult.Ok;

    public Func<Multiaddr, ValidationResult> Accept { get; set; } = static _ => ValidationResult.Ok;

    public Func<PeerId, ValidationResult> Keep { get; set; } = static _ => ValidationResult.Ok;

    public ValidationResult MayDial(PeerId? peer, Multiaddr address) => Dial(address);

    public ValidationResult MayAccept(Multiaddr remote) => Accept(remote);

    public ValidationResult MayKeep(PeerId peer, Multiaddr remote, bool isInbound) => Keep(peer);
}
