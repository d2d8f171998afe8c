using System.Diagnostics.Metrics;

namespace PoUW.Network.Telemetry;

/// <summary>
/// The instruments of this assembly, all on the meter "PoUW.Network". Every measurement carries the tag "node", the name that the host gave
/// the node (<see cref="Hosting.HostOptions.Node"/>); the other tags are listed with the instruments. They cost a comparison while nobody listens.
/// </summary>
internal static class NetworkMetrics
{
    /// <summary>The tag with the node's name.</summary>
    internal const string NodeTag = "node";

    private static readonly Meter Meter = new("PoUW.Network");

    /// <summary>Connections of admitted peers; tag "direction": inbound, outbound.</summary>
    internal static readonly UpDownCounter<long> Connections =
        Meter.CreateUpDownCounter<long>("pouw.network.connections", "{connection}", "Connections of admitted peers, by direction.");

    /// <summary>Connections that were not admitted; tags "direction" and "reason".</summary>
    internal static readonly Counter<long> HandshakesFailed =
        Meter.CreateCounter<long>("pouw.network.handshakes.failed", "{connection}", "Connections that were not admitted, by reason.");

    /// <summary>Connections that were closed before a byte was read; tag "guard": gater, resources.</summary>
    internal static readonly Counter<long> ConnectionsRefused =
        Meter.CreateCounter<long>("pouw.network.connections.refused", "{connection}", "Connections closed before a byte was read, by guard.");

    /// <summary>Time from the first byte to the admission.</summary>
    internal static readonly Histogram<double> HandshakeDuration =
        Meter.CreateHistogram<double>("pouw.network.handshake.duration", "s", "Time from the first byte, or the dial, to the admission.");

    /// <summary>Streams of peers that were given to a handler; tag "protocol".</summary>
    internal static readonly Counter<long> StreamsAccepted =
        Meter.CreateCounter<long>("pouw.network.streams.accepted", "{stream}", "Streams of peers that were given to a handler, by protocol.");

    /// <summary>Streams opened here; tag "protocol".</summary>
    internal static readonly Counter<long> StreamsOpened =
        Meter.CreateCounter<long>("pouw.network.streams.opened", "{stream}", "Streams opened here, by protocol.");

    /// <summary>Streams of peers that were reset or ended without a handler; tag "cause": limit, negotiation.</summary>
    internal static readonly Counter<long> StreamsRefused =
        Meter.CreateCounter<long>("pouw.network.streams.refused", "{stream}", "Streams of peers that no handler got, by cause.");

    /// <summary>Payload bytes of streams; tags "protocol" and "direction": sent, received.</summary>
    internal static readonly Counter<long> StreamBytes =
        Meter.CreateCounter<long>("pouw.network.stream.bytes", "By", "Payload bytes of streams, by protocol and direction.");

    /// <summary>Own requests that were answered or not; tags "protocol" and "status".</summary>
    internal static readonly Counter<long> RequestsSent =
        Meter.CreateCounter<long>("pouw.network.requests.sent", "{request}", "Own requests, by outcome.");

    /// <summary>Requests of peers; tags "protocol" and "status".</summary>
    internal static readonly Counter<long> RequestsServed =
        Meter.CreateCounter<long>("pouw.network.requests.served", "{request}", "Requests of peers, by outcome.");

    /// <summary>Time from an own request to its outcome; tag "protocol".</summary>
    internal static readonly Histogram<double> RequestDuration =
        Meter.CreateHistogram<double>("pouw.network.request.duration", "s", "Time from an own request to its outcome.");

    /// <summary>Gossiped messages by the verdict of the handler; tags "topic" and "verdict".</summary>
    internal static readonly Counter<long> GossipJudged =
        Meter.CreateCounter<long>("pouw.network.gossip.judged", "{message}", "Gossiped messages, by the handler's verdict.");

    /// <summary>Messages that this node published; tag "topic".</summary>
    internal static readonly Counter<long> GossipPublished =
        Meter.CreateCounter<long>("pouw.network.gossip.published", "{message}", "Messages that this node published.");

    /// <summary>Faults counted against peers.</summary>
    internal static readonly Counter<long> Faults =
        Meter.CreateCounter<long>("pouw.network.faults", "{fault}", "Faults counted against peers.");

    /// <summary>Peers banned.</summary>
    internal static readonly Counter<long> Bans = Meter.CreateCounter<long>("pouw.network.bans", "{peer}", "Peers banned for their faults.");

    /// <summary>A tag of a measurement.</summary>
    internal static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);
}
