using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>The key of what one peer holds of one protocol.</summary>
internal readonly record struct ProtocolOfPeer(string Protocol, PeerId Peer)
{
    public override string ToString() => $"{Protocol} of {Peer}";
}
