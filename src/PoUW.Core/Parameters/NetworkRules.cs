namespace PoUW.Core.Parameters;

/// <summary>
/// The rules of a network by height: its upgrades, resolved once. This is the only place where activation heights are compared.
/// Immutable and thread-safe.
/// </summary>
public sealed class NetworkRules
{
    private readonly (ulong From, RuleSet Rules)[] _periods;

    /// <summary>Resolves the upgrades of a network.</summary>
    public NetworkRules(NetworkParameters parameters)
    {
        List<(ulong From, RuleSet Rules)> periods = [(0, new RuleSet())];
        foreach (UpgradeActivation activation in parameters.Upgrades.OrderBy(activation => activation.Height))
        {
            periods.Add((activation.Height, Apply(activation.Upgrade, periods[^1].Rules)));
        }

        _periods = [.. periods];
    }

    /// <summary>The rules of the block at a height.</summary>
    public RuleSet RulesAt(ulong height)
    {
        int last = _periods.Length - 1;
        while (_periods[last].From > height)
        {
            last--;
        }

        return _periods[last].Rules;
    }

    private static RuleSet Apply(NetworkUpgrade upgrade, RuleSet rules) => upgrade switch
    {
        NetworkUpgrade.TileWork1 => rules with { CertificateVersion = Work.TileWorkParameters.Version },
        NetworkUpgrade.BoundTickets => rules with { BoundTickets = true },
        NetworkUpgrade.ToleranceJobs => rules with { ToleranceJobs = true },
        _ => throw new ArgumentOutOfRangeException(nameof(upgrade), upgrade, "Not an upgrade."),
    };
}
