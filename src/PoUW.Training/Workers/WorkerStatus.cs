namespace PoUW.Training.Workers;

/// <summary>What a worker is doing, for displays.</summary>
/// <param name="Activity">What it does now.</param>
/// <param name="Unit">The unit under work; meaningful while training.</param>
/// <param name="UnitsCommitted">Units whose record it sent since it started.</param>
public sealed record WorkerStatus(WorkerActivity Activity, ulong Unit, ulong UnitsCommitted);
