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

    /// <summary>
    /// Bindings that a register keeps. A peer whose account does not count, or for which the register has no room, is taken as one without an account;
    /// one whose binding is wrong is refused.
    /// </summary>
    /// <param name="own">This node's binding, or null.</param>
    /// <param name="register">Keeps the bindings of peers; it may be shared with whoever asks for accounts.</param>
    /// <param name="mayTake">Decides about accounts, such as by their stake; null to take all.</param>
    public static NodeStake Of(StakeBinding? own, StakeBindingRegister register, Func<Address, bool>? mayTake = null)
    {
        ArgumentNullException.ThrowIfNull(register);
        return new NodeStake(own?.Encode() ?? ReadOnlyMemory<byte>.Empty, Verify);

        ValidationResult Verify(ReadOnlyMemory<byte> encoded, PeerId peer, out Address? account)
        {
            account = null;
            ValidationResult result = StakeBinding.TryDecode(encoded.Span, out StakeBinding? binding);
            if (!result.IsValid)
            {
                return result;
            }

            result = register.TryAdd(binding!, peer, mayTake);
            account = result.IsValid ? register.AccountOf(peer) : null;
            return result.Code is ValidationCode.StakeTooSmall or ValidationCode.PoolFull ? ValidationResult.Ok : result;
        }
    }

    internal HelloSetup ToHello(Hash256 networkId, IPeerAuthorizer authorizer) => new()
    {
        NetworkId = networkId,
        Authorizer = authorizer,
        StakeBinding = Binding,
        VerifyBinding = Verify,
    };
}
