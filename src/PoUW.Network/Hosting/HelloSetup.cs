using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>What a node says in hello, and whom it admits after it.</summary>
public sealed record HelloSetup
{
    /// <summary>Checks a record that binds a peer's id to an account. Called from any thread; never throws.</summary>
    /// <param name="binding">What the peer sent.</param>
    /// <param name="peer">The peer, proven.</param>
    /// <param name="account">The account that it speaks for.</param>
    public delegate ValidationResult BindingVerifier(ReadOnlyMemory<byte> binding, PeerId peer, out Address? account);

    /// <summary>The hash of the genesis block: only peers with the same one are admitted.</summary>
    public required Hash256 NetworkId { get; init; }

    /// <summary>Admits peers after the network matched.</summary>
    public required IPeerAuthorizer Authorizer { get; init; }

    /// <summary>This node's own binding to a staking account; empty for none.</summary>
    public ReadOnlyMemory<byte> StakeBinding { get; init; }

    /// <summary>Checks the bindings of peers.</summary>
    public required BindingVerifier VerifyBinding { get; init; }
}
