namespace PoUW.Core.Parameters;

/// <summary>The rules of one height that upgrades change. Immutable.</summary>
public sealed record RuleSet
{
    /// <summary>The one version that a work certificate has at this height; 0 if none is valid, which no valid network has.</summary>
    public ushort CertificateVersion { get; init; }

    /// <summary>True if tickets may be bound to a lease.</summary>
    public bool BoundTickets { get; init; }

    /// <summary>True if jobs may be of lane T, and accounts may enrol for its classes.</summary>
    public bool ToleranceJobs { get; init; }
}
