using PoUW.Core.Primitives;

namespace PoUW.Compute.TileWork;

/// <summary>A tile whose ticket wins.</summary>
/// <param name="TileRow">I.</param>
/// <param name="TileColumn">J.</param>
/// <param name="Segment">g.</param>
/// <param name="State">The 16 words.</param>
/// <param name="Ticket">The ticket.</param>
internal sealed record WinningTile(int TileRow, int TileColumn, int Segment, uint[] State, Hash256 Ticket);
