using PoUW.Core.Primitives;
using PoUW.Economics.Staking;

namespace PoUW.Sdk.Peers;

/// <summary>The points of an account. A pure function.</summary>
internal static class AccountScore
{
    /// <summary>The points.</summary>
    /// <param name="stake">The account's stake.</param>
    /// <param name="height">The height of the head.</param>
    /// <param name="half">The stake that gives half of the points for stake.</param>
    /// <param name="options">The points.</param>
    internal static double Of(StakeAccount stake, ulong height, Amount half, PeerScoreOptions options)
    {
        if (stake.BannedUntil > height)
        {
            return options.BannedPoints;
        }

        if (stake.Bonded == Amount.Zero)
        {
            // Reputation without stake is nothing that its owner could lose.
            return 0;
        }

        double coins = Coins(stake.Bonded);
        double bonded = options.StakePoints * coins / (coins + Math.Max(Coins(half), 1));
        double work = ((double)stake.Reputation - StakeAccount.InitialReputation) / (StakeAccount.MaxReputation - StakeAccount.InitialReputation);
        return bonded + (options.WorkPoints * Math.Clamp(work, -1, 1));
    }

    private static double Coins(Amount amount) => (double)amount.BaseUnits / (double)Amount.BaseUnitsPerCoin;
}
