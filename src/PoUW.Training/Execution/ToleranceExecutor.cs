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
    // Right answers and losses are told for people, not paid for: a hundredth of the samples, and of the loss, is well beyond what rounding does to them.
    private const ulong CountTolerance = 100;

    // Once a model has learned, a hundredth of its loss is less than what engines round away: a unit in each of two conversions of a step, and
    // 1e-4 bits a sample in the logarithms of fp32.
    private const ulong RoundingsPerStep = 2;
    private const ulong LossNoisePer10000Samples = 1UL << 15;

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
        _units = Guard(() => engine.Open(assets.Program.Recipe, assets.Data, manifest.JobId, manifest.Seed), lasting: true);
        try
        {
            StateDict initial = Guard(_units.InitialState, lasting: true);
            Shapes = Guard(() => new StateShapes(initial), lasting: true);
            _initial = Guard(() => Shapes.ToModelState(initial), lasting: true);
            Require(ModelState.TryDecode(_initial.Encoded.Span, limits, out _));
            Guard(() => CheckBounds(initial), lasting: true);
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
        UnitResult result = Guard(() => Run(Shapes.ToStateDict(start), firstStep, steps, cancellation), lasting: _mustProbe);
        _mustProbe = false;
        return result;
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

    private UnitResult Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        ToleranceUnit unit = _mustProbe
            ? ToleranceProbe.Check(_units, _program, before, firstStep, steps, cancellation)
            : _units.Run(before, firstStep, steps, cancellation);
        return new UnitResult(Shapes.ToModelState(unit.After), unit.LossSum, unit.Correct, unit.Samples);
    }

    private bool CheckBounds(StateDict initial)
    {
        ToleranceProbe.CheckBounds(_program.Bounds, initial);
        return true;
    }

    /// <summary>What does not depend on the device has to be equal; the blob is where everybody will look for the state.</summary>
    private string? WrongField(UnitRecord claimed, ModelState state, UnitRecord honest)
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

        if (!IsNear(claimed.Correct, honest.Correct, (honest.Samples / CountTolerance) + 1))
        {
            return nameof(claimed.Correct);
        }

        UInt128 rounding = ((UInt128)RoundingsPerStep * _manifest.StepsInUnit(honest.Unit)) + NoiseOf(honest.Samples);
        return IsNear(claimed.LossSum, honest.LossSum, (honest.LossSum / CountTolerance) + rounding) ? null : nameof(claimed.LossSum);
    }

    /// <summary>Rounded up.</summary>
    private static UInt128 NoiseOf(ulong samples) => (((UInt128)samples * LossNoisePer10000Samples) + 9_999) / 10_000;

    private static bool IsNear(ulong claimed, ulong honest, UInt128 slack) => Math.Max(claimed, honest) - Math.Min(claimed, honest) <= slack;

    private static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new TrainingException($"The job cannot run: {result}") { IsLasting = true };
        }
    }

    /// <summary>
    /// Modules are code of hosts, and shapes and rates are a client's: whatever they throw is the end of a unit, never that of the role that runs it.
    /// </summary>
    private static T Guard<T>(Func<T> call, bool lasting = false)
    {
        try
        {
            return call();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Memory may be free later, and a device work again.
            bool passing = failure is OutOfMemoryException or ToleranceException { IsPassing: true };
            throw new TrainingException(Describe(failure)) { IsLasting = lasting && !passing };
        }
    }

    private static string Describe(Exception failure) => failure switch
    {
        TrainingException => failure.Message,
        ToleranceException or StateDictException => $"Lane T: {failure.Message}",
        _ => $"Lane T: {failure.GetType().Name}: {failure.Message}",
    };
}
