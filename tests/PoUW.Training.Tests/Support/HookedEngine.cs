using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Training.Tests.Support;

/// <summary>An engine of the tiny job of lane T that tells of its jobs and does first what a test says. Thread-safe.</summary>
internal sealed class HookedEngine : IToleranceEngine
{
    private readonly TaskCompletionSource _opening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IToleranceEngine _inner = ToleranceTestJob.Device(3);
    private int _opens;
    private int _runs;
    private int _closed;

    public IReadOnlyList<ToleranceClass> Classes => _inner.Classes;

    public Action OnOpen { get; init; } = static () => { };

    public Action OnRun { get; init; } = static () => { };

    public Task FirstOpen => _opening.Task;

    public int Opens => _opens;

    public int Runs => _runs;

    public int Closed => _closed;

    public IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong seed)
    {
        Interlocked.Increment(ref _opens);
        _opening.TrySetResult();
        OnOpen();
        return new Units(this, _inner.Open(recipe, data, orderKey, seed));
    }

    private sealed class Units(HookedEngine engine, IToleranceUnits inner) : IToleranceUnits
    {
        public StateDict InitialState() => inner.InitialState();

        public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
        {
            Interlocked.Increment(ref engine._runs);
            engine.OnRun();
            return inner.Run(before, firstStep, steps, cancellation);
        }

        public void Dispose()
        {
            Interlocked.Increment(ref engine._closed);
            inner.Dispose();
        }
    }
}
