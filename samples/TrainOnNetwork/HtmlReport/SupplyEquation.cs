namespace TrainOnNetwork.HtmlReport;

/// <summary>Minted less burned is the supply, and the supply is what all holders have together. All amounts are in coins.</summary>
/// <param name="Minted">Everything ever minted.</param>
/// <param name="Burned">Everything ever burned.</param>
/// <param name="Supply">Minted less burned.</param>
/// <param name="Holdings">The parts of the supply, such as balances, stakes and escrow; they add up to it.</param>
internal sealed record SupplyEquation(string Minted, string Burned, string Supply, IReadOnlyList<ReportField> Holdings);
