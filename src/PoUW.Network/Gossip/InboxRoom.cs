namespace PoUW.Network.Gossip;

/// <summary>What the messages of one topic may take while they wait for their handler.</summary>
/// <param name="HandledAtOnce">Messages of one peer that the handler may have at the same time.</param>
/// <param name="BytesOfPeer">Bytes of one peer's messages.</param>
/// <param name="Bytes">Bytes of all messages.</param>
internal readonly record struct InboxRoom(int HandledAtOnce, int BytesOfPeer, long Bytes);
