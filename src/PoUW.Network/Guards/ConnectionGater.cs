using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>Keeps out who is banned, and who comes too often. Everybody else may connect and be dialed.</summary>
public sealed class ConnectionGater : IConnectionGater
{
    private readonly BanList _bans;
    private readonly InboundRate _rate;

    /// <summary>A gater over bans and rates that others share.</summary>
    public ConnectionGater(BanList bans, InboundRate rate)
    {
        ArgumentNullException.ThrowIfNull(bans);
        ArgumentNullException.ThrowIfNull(rate);
        (_bans, _rate) = (bans, rate);
    }

    /// <inheritdoc/>
    public ValidationResult MayDial(PeerId? peer, Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return peer is { } id ? Check(id, address) : Check(address);
    }

    /// <inheritdoc/>
    public ValidationResult MayAccept(Multiaddr remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ValidationResult banned = Check(remote);
        return banned.IsValid && !_rate.TryEnter(remote)
            ? ValidationResult.Fail(ValidationCode.RateLimited, nameof(remote), $"Too many connections come from {remote} or its subnet.")
            : banned;
    }

    /// <inheritdoc/>
    public ValidationResult MayKeep(PeerId peer, Multiaddr remote, bool isInbound)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return Check(peer, remote);
    }

    private static ValidationResult Banned(Ban ban) =>
        ValidationResult.Fail(ValidationCode.Banned, nameof(Ban.Target), $"{ban.Target} is banned until {ban.Until:u}: {ban.Reason}");

    private ValidationResult Check(PeerId peer, Multiaddr address) =>
        _bans.Find(peer, address.IpAddress) is { } ban ? Banned(ban) : ValidationResult.Ok;

    private ValidationResult Check(Multiaddr address) =>
        address.IpAddress is { } ip && _bans.Find(ip) is { } ban ? Banned(ban) : ValidationResult.Ok;
}
