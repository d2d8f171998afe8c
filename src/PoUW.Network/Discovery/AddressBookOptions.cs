using PoUW.Core.Validation;

namespace PoUW.Network.Discovery;

/// <summary>The limits of an address book.</summary>
public sealed record AddressBookOptions
{
    /// <summary>The most peers.</summary>
    public int MaxPeers { get; init; } = 4096;

    /// <summary>The most addresses of a peer; claims beyond are dropped, those of the operator first taken.</summary>
    public int MaxAddressesPerPeer { get; init; } = 8;

    /// <summary>
    /// The most peers that were never reached and that one part of the network (an IPv4 /16, an IPv6 /32) has told of. News beyond displaces
    /// older news of the same part.
    /// </summary>
    public int MaxUnprovenPeersPerSource { get; init; } = 256;

    /// <summary>The longest signed record that is kept.</summary>
    public int MaxRecordBytes { get; init; } = 4096;

    /// <summary>How long an address without success stays.</summary>
    public TimeSpan UnprovenLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long an address stays after it was last seen or reached, if it was ever reached.</summary>
    public TimeSpan ProvenLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Failed dials in a row after which an address goes, except the operator's.</summary>
    public int MaxFailures { get; init; } = 8;

    /// <summary>
    /// True to keep, to tell and to pass on addresses that are not public: private networks, this machine, this process. False keeps them only if the
    /// one who told them is itself reached at such an address, and never passes them on.
    /// </summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxAddressesPerPeer is < 1 or > AddressBookCodec.MaxAddresses)
        {
            return Fail(nameof(MaxAddressesPerPeer), $"A peer has 1 to {AddressBookCodec.MaxAddresses} addresses.");
        }

        if (MaxRecordBytes is < 1 or > AddressBookCodec.MaxEncodedBytes / 2)
        {
            return Fail(nameof(MaxRecordBytes), $"A record has 1 to {AddressBookCodec.MaxEncodedBytes / 2} bytes.");
        }

        (string Field, int Count)[] counts =
            [(nameof(MaxPeers), MaxPeers), (nameof(MaxUnprovenPeersPerSource), MaxUnprovenPeersPerSource), (nameof(MaxFailures), MaxFailures)];
        if (counts.FirstOrDefault(static limit => limit.Count < 1) is { Field: { } field })
        {
            return Fail(field, "Every count is at least 1.");
        }

        return UnprovenLifetime <= TimeSpan.Zero || ProvenLifetime <= TimeSpan.Zero
            ? Fail(UnprovenLifetime <= TimeSpan.Zero ? nameof(UnprovenLifetime) : nameof(ProvenLifetime), "Every time is above zero.")
            : ValidationResult.Ok;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
