using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>An engine that starts from another state than its kind, or ends at one.</summary>
internal sealed class ShiftedEngine(IToleranceEngine engine, Func<StateDict, StateDict> start, Func<string, float, int, float>? end = null) : IToleranceEngine
{
    public IReadOnlyList<ToleranceClass> Classes => engine.Classes;

    public IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong seed) =>
        new Units(engine.Open(recipe, data, orderKey, seed), start, end ?? (static (_, value, _) => value));

    private sealed class Units(IToleranceUnits units, Func<StateDict, StateDict> start, Func<string, float, int, float> end) : IToleranceUnits
    {
        public StateDict InitialState() => start(units.InitialState());

        public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
        {
            ToleranceUnit unit = units.Run(before, firstStep, steps, cancellation);
            return unit with { After = ToleranceScene.Changed(unit.After, end) };
        }

        public void Dispose() => units.Dispose();
    }
}
