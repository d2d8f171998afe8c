using PoUW.Compute.TileWork;
using PoUW.Training.Workers;

namespace PoUW.Sdk.Mining;

/// <summary>Mines the commons product while a worker holds no lease.</summary>
internal sealed class CommonsWork(CommonsMiner miner) : IIdleWork
{
    public void RunOnce() => miner.RunOnce();
}
