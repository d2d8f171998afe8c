using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Messaging;

/// <summary>How a node and its peers tell which staking account they speak for.</summary>
/// <param name="Binding">This node's signed binding; empty for none.</param>
/// <param name="Verify">Checks those of peers.</param>
public sealed record NodeStake(ReadOnlyMemory<byte> Binding, HelloSetup.BindingVerifier Verify)
{
    /// <summary>No account here, and none of peers is looked at.</summary>
    public static NodeStake None { get; } = new(
        ReadOnlyMemory<byte>.Empty,
        static (ReadOnlyMemory<byte> _, PeerId _, out Address? account) =>
        {
            account = null;
            return ValidationResult.Ok;
        });

    internal HelloSetup ToHello(Hash256 networkId, IPeerAuthorizer authorizer) => new()
    {
        NetworkId = networkId,
        Authorizer = authorizer,
        StakeBinding = Binding,
        VerifyBinding = Verify,
    };
}
