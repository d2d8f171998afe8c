using PoUW.Core.Primitives;

namespace PoUW.Network.Messaging;

/// <summary>A message that was received whole and is new here.</summary>
internal sealed record GossipMessage(string Topic, Hash256 Id, ReadOnlyMemory<byte> Payload);
