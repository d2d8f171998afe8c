namespace PoUW.Training.Auditors;

/// <summary>What an auditor is doing, for displays.</summary>
/// <param name="IsReplaying">True while it replays a unit.</param>
/// <param name="Unit">The unit under work; meaningful while replaying.</param>
/// <param name="UnitsJudged">Units that it judged since it started.</param>
public sealed record AuditorStatus(bool IsReplaying, ulong Unit, ulong UnitsJudged);
