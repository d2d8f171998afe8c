using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Training.Auditors;

/// <summary>What a replay gives.</summary>
/// <param name="Honest">The unit as an honest worker does it.</param>
/// <param name="Digest">The digest of all that an honest worker's unit stands for: its record, and the operands of the tickets that won.</param>
/// <param name="StateBytes">Size of an encoded state of the job.</param>
internal sealed record Finding(ReplayedUnit Honest, Hash256 Digest, long StateBytes);
