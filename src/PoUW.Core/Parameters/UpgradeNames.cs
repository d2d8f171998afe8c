namespace PoUW.Core.Parameters;

/// <summary>The names of upgrades in JSON and in the canonical encoding. Immutable.</summary>
internal static class UpgradeNames
{
    private static readonly (NetworkUpgrade Upgrade, string Name)[] Known =
    [
        (NetworkUpgrade.TileWork1, "tile-work-1"), (NetworkUpgrade.BoundTickets, "bound-tickets"),
        (NetworkUpgrade.ToleranceJobs, "tolerance-jobs"),
    ];

    /// <summary>All names, quoted, for messages.</summary>
    internal static string All { get; } = string.Join(", ", Known.Select(known => $"\"{known.Name}\""));

    /// <summary>The number of upgrades.</summary>
    internal static int Count => Known.Length;

    /// <summary>The name of an upgrade; null for a value that is none.</summary>
    internal static string? Of(NetworkUpgrade upgrade) => Array.Find(Known, known => known.Upgrade == upgrade).Name;

    /// <summary>The upgrade of a name.</summary>
    internal static bool TryParse(string name, out NetworkUpgrade upgrade)
    {
        int index = Array.FindIndex(Known, known => known.Name == name);
        upgrade = index < 0 ? default : Known[index].Upgrade;
        return index >= 0;
    }
}
