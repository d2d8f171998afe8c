using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>One block that joins or leaves the chain of the head.</summary>
internal readonly record struct ChainStep(bool Attached, ulong Height, Hash256 Id);
