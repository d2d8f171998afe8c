namespace PoUW.Compute.Plans;

/// <summary>
/// What a model computes, as straight code over buffers and registers: the one form from which the machine's program is written and
/// which the eager runner executes. Immutable once compiled.
/// </summary>
/// <param name="Buffers">Buffers after memory was assigned: one a slot of the program.</param>
/// <param name="Sections">The entry points.</param>
internal sealed record Plan(IReadOnlyList<PlanBuffer> Buffers, IReadOnlyList<PlanSection> Sections);
