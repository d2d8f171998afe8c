using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// Counts connections as they come in. <see cref="ConnectionGater.MayAccept"/> asks it. O(1), bounded memory, any thread, nothing is called back.
/// </summary>
public sealed class InboundRate
{
    private readonly Lock _gate = new();
    private readonly InboundRateOptions _options;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly RecentTable<IPAddress, long> _addresses;
    private readonly RecentTable<IpSubnet, long> _subnets;

    /// <summary>Nobody has come yet.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public InboundRate(InboundRateOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _start) = (options, time, time.GetTimestamp());
        _addresses = new RecentTable<IPAddress, long>(options.MaxRemembered);
        _subnets = new RecentTable<IpSubnet, long>(options.MaxRemembered);
    }

    /// <summary>Counts a connection. Addresses without an IP address are not limited here.</summary>
    /// <returns>False if too many came from its address or its subnet; it is not counted then.</returns>
    public bool TryEnter(Multiaddr remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        if (remote.IpAddress is not { } address || (_options.ExemptLoopback && IpSubnet.IsLoopbackAddress(address)))
        {
            return true;
        }

        IPAddress ip = IpSubnet.Normalize(address);
        IpSubnet subnet = IpSubnet.Of(ip);
        lock (_gate)
        {
            long now = _time.GetElapsedTime(_start).Ticks;
            _addresses.TryGet(ip, out long ofAddress);
            _subnets.TryGet(subnet, out long ofSubnet);
            ofAddress = _options.PerAddress.Take(ofAddress, now, 1, out TimeSpan waitForAddress);
            ofSubnet = _options.PerSubnet.Take(ofSubnet, now, 1, out TimeSpan waitForSubnet);
            if (waitForAddress > TimeSpan.Zero || waitForSubnet > TimeSpan.Zero)
            {
                return false;
            }

            _addresses.Set(ip, ofAddress);
            _subnets.Set(subnet, ofSubnet);
            return true;
        }
    }
}
