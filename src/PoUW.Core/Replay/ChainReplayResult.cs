using PoUW.Core.Chain;
using PoUW.Core.Validation;

namespace PoUW.Core.Replay;

/// <summary>What a replay did.</summary>
/// <param name="Result">Ok if every block that the source has is in the chain; else why it stopped.</param>
/// <param name="Head">The head in the target's store.</param>
/// <param name="Replayed">How many blocks were executed.</param>
/// <param name="Vouched">How many of them the checkpoint vouched for: the signatures of their transactions were not verified again.</param>
public sealed record ChainReplayResult(ValidationResult Result, ChainHead Head, ulong Replayed, ulong Vouched);
