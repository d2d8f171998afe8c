namespace PoUW.Core.Archive;

/// <summary>Something in a store that is not as it must be.</summary>
/// <param name="Area">Which part.</param>
/// <param name="Height">At which height of the chain; null if it belongs to none.</param>
/// <param name="Message">What was found, for people.</param>
public sealed record IntegrityFinding(IntegrityArea Area, ulong? Height, string Message)
{
    /// <summary>"Area at height: message".</summary>
    public override string ToString() => Height is { } height ? $"{Area} at height {height}: {Message}" : $"{Area}: {Message}";
}
