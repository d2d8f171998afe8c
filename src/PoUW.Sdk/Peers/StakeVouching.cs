using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;

namespace PoUW.Sdk.Peers;

/// <summary>
/// Ties peers to accounts with stake: signs the binding that this node shows, and judges those of peers. A binding that is forged or somebody
/// else's refuses the peer; one that merely does not count (no stake, replaced, expired) leaves it a peer without account. Thread-safe.
/// </summary>
internal sealed class StakeVouching(BlockChain chain, ISignatureScheme scheme, TimeProvider time, StakeBindingOptions options)
{
    private readonly StakeBindingRegister _register = new(chain.Genesis.Id, scheme, time, options);

    /// <summary>The binding of this node's peer to its account, in force for a little less than peers allow.</summary>
    /// <returns>Its encoding.</returns>
    /// <exception cref="NodeSigningException">The signer refused.</exception>
    internal static async Task<ReadOnlyMemory<byte>> SignAsync(
        ISigner staker, Hash256 network, PeerId peer, TimeProvider time, StakeBindingOptions options, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();

        // The time in milliseconds grows from start to start, so the latest identity of an account counts.
        ulong sequence = (ulong)now.ToUnixTimeMilliseconds();
        (SignResult result, StakeBinding? binding) =
            await StakeBinding.SignAsync(staker, network, peer, sequence, now + (options.MaxLifetime * 0.9), cancellation);
        return binding?.Encode() ?? throw new NodeSigningException($"The account's signer did not sign the stake binding: {result}");
    }

    /// <summary>What a node tells and how it judges.</summary>
    /// <param name="binding">This node's own binding; empty for none.</param>
    internal NodeStake ToStake(ReadOnlyMemory<byte> binding) => new(binding, Verify);

    private ValidationResult Verify(ReadOnlyMemory<byte> encoded, PeerId peer, out Address? account)
    {
        account = null;
        ValidationResult result = StakeBinding.TryDecode(encoded.Span, out StakeBinding? binding);
        result = result.IsValid ? _register.TryAdd(binding!, peer, Counts) : result;
        if (result.IsValid)
        {
            account = _register.AccountOf(peer);
            return result;
        }

        return result.Code is ValidationCode.StakeTooSmall or ValidationCode.NonceTooLow or ValidationCode.AlreadyRegistered
            or ValidationCode.PoolFull or ValidationCode.Expired
            ? ValidationResult.Ok
            : result;
    }

    /// <summary>Who was convicted counts, too: its peers should know.</summary>
    private bool Counts(Address account)
    {
        ChainHead head = chain.Head;
        StakeAccount stake = StakeLedger.Get(chain.StateAt(head), account);
        return stake.Bonded > Amount.Zero || stake.Unbonding > Amount.Zero || stake.BannedUntil > head.Height;
    }
}
