using System.Text.Json.Serialization;

namespace PoUW.Network.Tests.Interop;

/// <summary>How a js-libp2p node starts; the names are those that peer.mjs reads.</summary>
internal sealed record JsPeerOptions
{
    /// <summary>The kind of its key, as js names it: Ed25519, secp256k1 or RSA; ECDSA keys it takes from others only.</summary>
    [JsonPropertyName("keyType")]
    public string KeyType { get; init; } = "Ed25519";

    /// <summary>StrictSign or StrictNoSign.</summary>
    [JsonPropertyName("policy")]
    public string Policy { get; init; } = "StrictSign";

    /// <summary>What the id of an unsigned message is the hash of: "data" or "topic-data".</summary>
    [JsonPropertyName("messageId")]
    public string MessageId { get; init; } = "data";

    /// <summary>False leaves the limits of js as they are: five connections a second from a host, ten at once.</summary>
    [JsonPropertyName("raiseLimits")]
    public bool RaiseLimits { get; init; } = true;
}
