using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Counts the runs of the scene's job.</summary>
internal sealed class CountedUnits : IToleranceUnits
{
    private readonly IToleranceUnits _units = ToleranceScene.Open();

    public int Runs { get; private set; }

    public StateDict InitialState() => _units.InitialState();

    public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        Runs++;
        return _units.Run(before, firstStep, steps, cancellation);
    }

    public void Dispose() => _units.Dispose();
}
