using PoUW.Core.Primitives;

namespace PoUW.Economics.TileWork;

/// <summary>A bonus that waits to be minted.</summary>
/// <param name="Worker">Who gets it unless it is banned meanwhile.</param>
/// <param name="Amount">How much.</param>
/// <param name="WonHeight">The block that earned it.</param>
public sealed record VestingBonus(Address Worker, Amount Amount, ulong WonHeight);
