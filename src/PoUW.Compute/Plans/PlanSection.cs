namespace PoUW.Compute.Plans;

/// <summary>
/// One entry point: prologue, then the body for every position from the first argument in strides until first + count, then the
/// epilogue. A stride of 0 means no loop: only the prologue is there.
/// </summary>
internal sealed class PlanSection(string entry, int parameters, int stride)
{
    /// <summary>Name of the entry point.</summary>
    public string Entry { get; } = entry;

    /// <summary>Arguments: 1 or 2.</summary>
    public int Parameters { get; } = parameters;

    /// <summary>Step of the loop, 0 for none.</summary>
    public int Stride { get; } = stride;

    public List<PlanInstruction> Prologue { get; } = [];

    public List<PlanInstruction> Body { get; } = [];

    public List<PlanInstruction> Epilogue { get; } = [];

    /// <summary>All instructions in program order.</summary>
    public IEnumerable<PlanInstruction> All => Prologue.Concat(Body).Concat(Epilogue);
}
