using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;
using PoUW.Network.Security;

namespace PoUW.Network.Messaging;

/// <summary>Every limit of a node: sizes in bytes, counts, times. Nothing is allocated or awaited beyond them.</summary>
public sealed record NetworkOptions
{
    /// <summary>Connections, handshakes, streams, faults and bans.</summary>
    public HostOptions Host { get; init; } = new();

    /// <summary>Rates, resources, bans, back-off.</summary>
    public GuardOptions Guards { get; init; } = new();

    /// <summary>Streams over a connection.</summary>
    public YamuxOptions Yamux { get; init; } = new();

    /// <summary>Certificates.</summary>
    public TlsSecurityOptions Tls { get; init; } = new();

    /// <summary>How connections are secured.</summary>
    public NetworkSecurity Security { get; init; } = NetworkSecurity.ByTransport;

    /// <summary>Gossip. The score of the application is that of <see cref="NetworkNode.ApplicationScore"/>, not of these options.</summary>
    public GossipOptions Gossip { get; init; } = new();

    /// <summary>The longest gossiped payload of a topic without options of its own.</summary>
    public int MaxGossipBytes { get; init; } = (4 * 1024 * 1024) - 4096;

    /// <summary>Requests.</summary>
    public RequestOptions Requests { get; init; } = new();

    /// <summary>Chunks and blobs.</summary>
    public ChunkOptions Chunks { get; init; } = new();

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        ValidationResult[] parts = [Host.Validate(), Guards.Validate(), Gossip.Validate(), Requests.Validate(), Chunks.Validate()];
        foreach (ValidationResult part in parts)
        {
            if (!part.IsValid)
            {
                return part;
            }
        }

        if (MaxGossipBytes < 1 || MaxGossipBytes > Gossip.Limits.MaxRpcBytes - 2048)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxGossipBytes), "A message has to fit into an RPC of gossip.");
        }

        if (Guards.Messages.Gossip.Bytes.Burst < Gossip.Limits.MaxRpcBytes)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Guards.Messages.Gossip), "A whole RPC of gossip has to fit into the burst.");
        }

        return Chunks.MaxChunkBytes > Requests.MaxResponseBytes
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Chunks.MaxChunkBytes), "A chunk has to fit into a response.")
            : ValidationResult.Ok;
    }
}
