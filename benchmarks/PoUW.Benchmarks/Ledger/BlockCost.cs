namespace PoUW.Benchmarks.Ledger;

/// <summary>What the import of one block cost.</summary>
/// <param name="Wall">Seconds from its bytes to its durable commit.</param>
/// <param name="ThreadCpu">CPU seconds of the importing thread.</param>
/// <param name="ProcessCpu">CPU seconds of the whole process.</param>
/// <param name="Decode">Seconds of decoding, a part of the wall time.</param>
/// <param name="Reading">Seconds inside the store's reads.</param>
/// <param name="Writing">Seconds inside the store's commit.</param>
/// <param name="Writes">Pairs that the commit wrote.</param>
/// <param name="WrittenBytes">Their bytes.</param>
/// <param name="Allocated">Bytes of garbage on all threads.</param>
internal readonly record struct BlockCost(
    double Wall, double ThreadCpu, double ProcessCpu, double Decode, double Reading, double Writing, double Writes, double WrittenBytes, double Allocated)
{
    /// <summary>The mean over some blocks.</summary>
    internal static BlockCost Mean(IReadOnlyCollection<BlockCost> costs) => new(
        costs.Average(static c => c.Wall),
        costs.Average(static c => c.ThreadCpu),
        costs.Average(static c => c.ProcessCpu),
        costs.Average(static c => c.Decode),
        costs.Average(static c => c.Reading),
        costs.Average(static c => c.Writing),
        costs.Average(static c => c.Writes),
        costs.Average(static c => c.WrittenBytes),
        costs.Average(static c => c.Allocated));
}
