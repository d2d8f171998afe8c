using System.Net;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>A machine of the model. All members are used under the model's lock.</summary>
internal sealed class ModelledHost(int number, string name, IPAddress? address)
{
    private const int FirstFreePort = 49152;

    private int _ports;
    private ulong _dialed;

    public int Number => number;

    public string Name => name;

    public IPAddress? Address => address;

    public bool HasVanished { get; set; }

    public long? UplinkBytesPerSecond { get; set; }

    public TimeSpan UplinkFree { get; set; }

    /// <summary>An address of the dialing end of a new connection.</summary>
    public Multiaddr NextLocalAddress() => address is null
        ? Multiaddr.Memory(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}-dial-{++_dialed}"))
        : Multiaddr.Tcp(new IPEndPoint(address, NextPort()));

    public int NextPort() => FirstFreePort + (_ports++ % (IPEndPoint.MaxPort + 1 - FirstFreePort));
}
