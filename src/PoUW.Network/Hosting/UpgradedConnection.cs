using PoUW.Network.Muxing;
using PoUW.Network.Security;

namespace PoUW.Network.Hosting;

/// <summary>A connection whose other end is known and that carries streams.</summary>
internal sealed record UpgradedConnection(SecureChannel Channel, IMuxer Muxer);
