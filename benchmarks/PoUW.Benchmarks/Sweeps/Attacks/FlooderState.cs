namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>What a flooder has done.</summary>
/// <param name="Seconds">Since it began.</param>
/// <param name="Sent">Messages written.</param>
/// <param name="Admitted">Times that the node admitted it.</param>
/// <param name="Refused">Times that the node did not.</param>
/// <param name="Ids">Ids that it used.</param>
internal sealed record FlooderState(double Seconds, long Sent, int Admitted, int Refused, int Ids);
