using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Staking;

/// <summary>
/// Takes stake from an account that has lied, bans it if that is proven, and divides what was taken: a share to those who found it out, a share
/// to the client that was harmed, the rest burned. Never all to the accusers, so that framing does not pay.
/// </summary>
internal static class Slashing
{
    private const ulong BasisPoints = 10_000;

    /// <summary>Slashes a liar at most an amount, and bans it; bonded coins go first, then unbonding ones.</summary>
    /// <param name="state">The state.</param>
    /// <param name="block">The block under execution.</param>
    /// <param name="offender">Who loses.</param>
    /// <param name="amount">What to take, as far as it is there.</param>
    /// <param name="provers">Who proved the offence; they share equally, and the remainder of the division is burned.</param>
    /// <param name="client">Who was harmed, or null.</param>
    /// <returns>What was taken.</returns>
    public static Amount Apply(
        IStateWriter state, BlockContext block, Address offender, Amount amount, IReadOnlyList<Address> provers, Address? client)
    {
        Amount taken = Take(state, offender, amount);
        StakeLedger.Set(
            state, offender, StakeLedger.Get(state, offender) with { BannedUntil = block.Height + block.Parameters.BanBlocks, Reputation = 0 });
        Divide(state, block.Parameters, taken, provers, taken, client);
        return taken;
    }

    /// <summary>
    /// As <see cref="Apply"/>, of an account against which there is evidence but no proof: it is not banned and keeps a part of its reputation, no client has
    /// a share, and what a prover gets is bounded.
    /// </summary>
    public static Amount Fine(
        IStateWriter state, BlockContext block, Address offender, Amount amount, IReadOnlyList<Address> provers, Amount mostForProver)
    {
        Amount taken = Take(state, offender, amount);
        Reputation.AuditFailed(state, offender);
        Divide(state, block.Parameters, taken, provers, mostForProver, null);
        return taken;
    }

    private static Amount Take(IStateWriter state, Address offender, Amount amount)
    {
        StakeAccount stake = StakeLedger.Get(state, offender);
        Amount fromBonded = Min(amount, stake.Bonded);
        Amount fromUnbonding = Min(amount - fromBonded, stake.Unbonding);
        StakeLedger.Set(state, offender, stake with { Bonded = stake.Bonded - fromBonded, Unbonding = stake.Unbonding - fromUnbonding });
        return fromBonded + fromUnbonding;
    }

    private static void Divide(
        IStateWriter state, NetworkParameters parameters, Amount taken, IReadOnlyList<Address> provers, Amount mostForProver, Address? client)
    {
        Amount rest = taken;
        if (provers.Count > 0)
        {
            Amount each = Min(taken.Scale(parameters.SlashToProversBasisPoints, BasisPoints * (ulong)provers.Count), mostForProver);
            foreach (Address prover in provers)
            {
                rest = Pay(state, rest, prover, each);
            }
        }

        if (client is { } harmed)
        {
            rest = Pay(state, rest, harmed, taken.Scale(parameters.SlashToClientBasisPoints, BasisPoints));
        }

        if (!state.TryBurn(StakeLedger.Vault, rest))
        {
            throw new EconomicsException("The vault does not hold the stake that is to be burned.");
        }
    }

    private static Amount Pay(IStateWriter state, Amount rest, Address to, Amount share)
    {
        Amount paid = Min(share, rest);
        return state.TryTransfer(StakeLedger.Vault, to, paid)
            ? rest - paid
            : throw new EconomicsException("The vault does not hold the stake that is to be divided.");
    }

    private static Amount Min(Amount left, Amount right) => left < right ? left : right;
}
