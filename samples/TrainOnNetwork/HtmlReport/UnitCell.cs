namespace TrainOnNetwork.HtmlReport;

/// <summary>One lease of one unit.</summary>
/// <param name="Round">Round of the unit.</param>
/// <param name="Unit">Number of the unit.</param>
/// <param name="Attempt">Number of the lease of this unit; a later lease has a higher number.</param>
/// <param name="Worker">Name of the worker.</param>
/// <param name="Outcome">How the lease ended.</param>
/// <param name="Title">More about the lease, shown when the pointer rests on the cell; may be empty.</param>
internal sealed record UnitCell(int Round, int Unit, int Attempt, string Worker, LeaseOutcome Outcome, string Title);
