using PoUW.Core.Finality;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Recovery;

/// <summary>Where a chain stands after a block of the script was imported.</summary>
/// <param name="Head">The head.</param>
/// <param name="Finalized">What is final.</param>
internal sealed record CrashStep(Hash256 Head, Checkpoint Finalized);
