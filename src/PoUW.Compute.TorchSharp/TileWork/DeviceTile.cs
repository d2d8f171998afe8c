using PoUW.Core.Primitives;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>A winning tile.</summary>
internal sealed record DeviceTile(int TileRow, int TileColumn, int Segment, uint[] State, Hash256 Ticket);
