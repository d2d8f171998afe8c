using PoUW.Core.Primitives;

namespace PoUW.Core.Parameters;

/// <summary>A balance that exists from the start.</summary>
public sealed record GenesisAllocation(Address Address, Amount Amount);
