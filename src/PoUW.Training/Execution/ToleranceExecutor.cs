using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>
/// Runs the units of a job of lane T on a node's engine, and compares states within the job's bounds. What it computes is exact in nothing but the initial
/// state. Not thread-safe: it belongs to one thread at a time.
/// </summary>
public sealed class ToleranceExecutor : IUnitExecutor, IDisposable
{
    // Right answers and losses are told for people, not paid for: a hundredth is well beyond what rounding does to them.
    private const ulong CountTolerance = 100;

    // Each holds 8 bytes a number of the state.
    private const int MaxWatchedWorkers = 8;

    private readonly JobManifest _manifest;
    private readonly ToleranceProgram _program;
    private readonly IToleranceUnits _units;
    private readonly ModelState _initial;
    private readonly List<(Address Worker, DriftWatch Drift)> _watched = [];
    private bool _mustProbe;

    /// <summary>Opens a job.</summary>
    /// <param name="manifest">The job.</param>
    /// <param name="assets">What the manifest names.</param>
    /// <param name="engine">The node's engine.</param>
    /// <param name="limits">Limits of states.</param>
    /// <param name="atStake">
    /// True for a worker: before its first unit it tries whether honest devices can keep the job's bounds (<see cref="ToleranceProbe"/>), since it would pay
    /// for those that they cannot.
    /// </param>
    /// <exception cref="TrainingException">The assets are not those of the manifest, or the engine cannot do the job.</exception>
    public ToleranceExecutor(JobManifest manifest, ToleranceAssets assets, IToleranceEngine engine, VmLimits limits, bool atStake)
    {
        Require(assets.Validate(manifest));
        (_manifest, _program, _mustProbe) = (manifest, assets.Program, atStake);
        _units = Guard(() => engine.Open(assets.Program.Recipe, assets.Data, manifest.JobId, manifest.Seed));
        try
        {
            StateDict initial = Guard(_units.InitialState);
            Shapes = new StateShapes(initial);
            _initial = Shapes.ToModelState(initial);
            Require(ModelState.TryDecode(_initial.Encoded.Span, limits, out _));
            Guard(() => ToleranceProbe.CheckBounds(_program.Bounds, initial));
        }
        catch
        {
            _units.Dispose();
            throw;
        }
    }

    /// <summary>The tensors of the job's states.</summary>
    public StateShapes Shapes { get; }

    /// <inheritdoc/>
    public long StateBytes => _initial.Encoded.Length;

    /// <inheritdoc/>
    public ModelState InitialState(CancellationToken cancellation) => _initial;

    /// <inheritdoc/>
    public UnitResult RunSteps(ModelState start, Lease lease, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        StateDict before = Shapes.ToStateDict(start);
        ToleranceUnit unit = Guard(() => _mustProbe
            ? ToleranceProbe.Check(_units, _program, before, firstStep, steps, cancellation)
            : _units.Run(before, firstStep, steps, cancellation));
        _mustProbe = false;
        return new UnitResult(Shapes.ToModelState(unit.After), unit.LossSum, unit.Correct, unit.Samples);
    }

    /// <summary>Judges a worker's claim by a replay of the same unit.</summary>
    /// <param name="start">The state that the unit starts from.</param>
    /// <param name="claimed">The worker's record.</param>
    /// <param name="state">The state that it names.</param>
    /// <param name="replay">The replay under the same lease.</param>
    /// <returns>What is out of bounds; the reason of an accepted claim is empty.</returns>
    public ToleranceVerdict Judge(ModelState start, UnitRecord claimed, ModelState state, ReplayedUnit replay)
    {
        if (WrongField(claimed, state, replay.Record) is { } field)
        {
            return new ToleranceVerdict(false, $"'{field}' of the record is wrong.", []);
        }

        StateDict end;
        try
        {
            end = Shapes.ToStateDict(state);
        }
        catch (TrainingException other)
        {
            return new ToleranceVerdict(false, other.Message, []);
        }

        return Guard(() => ToleranceAudit.Compare(Shapes.ToStateDict(start), end, Shapes.ToStateDict(replay.End), _program.Bounds));
    }

    /// <summary>
    /// Adds up what the accepted units of a worker differ by. Only of the last few workers that is remembered.
    /// </summary>
    /// <param name="worker">The worker.</param>
    /// <param name="start">The state that the unit started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The replay's.</param>
    /// <returns>True if its units together lean further than one may differ (<see cref="DriftWatch"/>); the sum starts anew then.</returns>
    public bool Leans(Address worker, ModelState start, ModelState claimed, ModelState replayed)
    {
        int index = _watched.FindIndex(watched => watched.Worker == worker);
        DriftWatch drift = index < 0 ? new DriftWatch(_program.Bounds) : _watched[index].Drift;
        if (index >= 0 || _watched.Count == MaxWatchedWorkers)
        {
            _watched.RemoveAt(Math.Max(index, 0));
        }

        _watched.Add((worker, drift));
        return Guard(() => drift.Add(Shapes.ToStateDict(start), Shapes.ToStateDict(claimed), Shapes.ToStateDict(replayed)));
    }

    /// <inheritdoc/>
    public void Dispose() => _units.Dispose();

    /// <summary>What does not depend on the device has to be equal; the blob is where everybody will look for the state.</summary>
    private static string? WrongField(UnitRecord claimed, ModelState state, UnitRecord honest)
    {
        if (claimed.StartRoot != honest.StartRoot)
        {
            return nameof(claimed.StartRoot);
        }

        if (claimed.StateBlob != state.BlobAddress)
        {
            return nameof(claimed.StateBlob);
        }

        if (claimed.Samples != honest.Samples)
        {
            return nameof(claimed.Samples);
        }

        if (!IsNear(claimed.Correct, honest.Correct, honest.Samples))
        {
            return nameof(claimed.Correct);
        }

        return IsNear(claimed.LossSum, honest.LossSum, honest.LossSum) ? null : nameof(claimed.LossSum);
    }

    private static bool IsNear(ulong claimed, ulong honest, ulong scale) =>
        Math.Max(claimed, honest) - Math.Min(claimed, honest) <= 1 + (scale / CountTolerance);

    private static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new TrainingException($"The job cannot run: {result}");
        }
    }

    private static void Guard(Action action) => Guard(() =>
    {
        action();
        return true;
    });

    private static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (PoUW.Core.PouwException failure) when (failure is ToleranceException or StateDictException)
        {
            throw new TrainingException($"Lane T: {failure.Message}");
        }
    }
}
