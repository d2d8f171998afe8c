using PoUW.Compute.Modules;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Simulation.Faults;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Execution;

[TestFixture]
public sealed class ToleranceExecutorTests
{
    private static readonly JobManifest Manifest = ToleranceTestJob.Manifest(Address.ForModule("test", "client"u8));
    private static readonly Lease Lease = TestJob.LeaseOf(Manifest, 0);

    private readonly ToleranceExecutor _auditor = ToleranceTestJob.Executor(Manifest);

    private ModelState Start => _auditor.InitialState(CancellationToken.None);

    [OneTimeTearDown]
    public void Close() => _auditor.Dispose();

    [Test]
    public void Every_device_starts_from_the_same_state_and_ends_with_other_bits()
    {
        using ToleranceExecutor device = ToleranceTestJob.Executor(Manifest, ToleranceTestJob.Device(1));
        Assert.Multiple(() =>
        {
            Assert.That(device.InitialState(CancellationToken.None).Root, Is.EqualTo(Start.Root));
            Assert.That(device.StateBytes, Is.EqualTo(Start.Encoded.Length));
            Assert.That(Claim(new HonestRunner(), device).Record.EndRoot, Is.Not.EqualTo(Claim(new HonestRunner(), _auditor).Record.EndRoot));
        });
    }

    [Test]
    public void Units_of_honest_devices_are_within_bounds([Range(1, 20)] int device)
    {
        using ToleranceExecutor worker = ToleranceTestJob.Executor(Manifest, ToleranceTestJob.Device((ulong)device));
        Assert.That(Judge(Claim(new HonestRunner(), worker)).Reason, Is.Empty);
    }

    [Test]
    public void Lies_are_out_of_bounds(
        [Values(LieKind.WrongUpdate, LieKind.SkipStep, LieKind.WrongBatch)] LieKind kind, [Range(1, 10)] int seed)
    {
        using ToleranceExecutor worker = ToleranceTestJob.Executor(Manifest, ToleranceTestJob.Device((ulong)seed));
        UnitRecord honest = Claim(new HonestRunner(), worker).Record;
        UnitOutcome lie = Claim(new LyingRunner(kind, (ulong)seed), worker);
        UnitRecord covered = lie.Record with { LossSum = honest.LossSum, Correct = honest.Correct, Samples = honest.Samples };
        ToleranceVerdict verdict = Judge(lie with { Record = covered });
        Assert.That(verdict.Accepted, Is.False);
        Assert.That(
            ToleranceTestJob.Program.Bounds.Tensors.Keys.Where(name => verdict.Reason.StartsWith($"'{name}' differs", StringComparison.Ordinal)),
            Has.Exactly(1).Items, verdict.Reason);
    }

    [Test]
    public void One_unit_in_the_last_place_is_no_lie()
    {
        using ToleranceExecutor worker = ToleranceTestJob.Executor(Manifest);
        Assert.That(Judge(Claim(new LyingRunner(LieKind.OneLsb, 1), worker)).Accepted, Is.True);
    }

    [Test]
    public void What_no_device_changes_has_to_be_equal()
    {
        UnitOutcome honest = Claim(new HonestRunner(), _auditor);
        UnitRecord right = honest.Record;
        ulong tenth = right.Samples / 10;
        (UnitRecord Record, string Field)[] wrong =
        [
            (right with { StartRoot = Hash256.Zero }, nameof(right.StartRoot)),
            (right with { StateBlob = Hash256.Sha256("elsewhere"u8) }, nameof(right.StateBlob)),
            (right with { Samples = right.Samples + 1 }, nameof(right.Samples)),
            (right with { Correct = right.Correct > tenth ? right.Correct - tenth : right.Correct + tenth }, nameof(right.Correct)),
            (right with { LossSum = right.LossSum - (right.LossSum / 10) }, nameof(right.LossSum)),
            (right with { LossSum = UnitRecord.MaxSum }, nameof(right.LossSum)),
        ];
        Assert.Multiple(() =>
        {
            Assert.That(Judge(honest).Accepted, Is.True);
            foreach ((UnitRecord record, string field) in wrong)
            {
                ToleranceVerdict verdict = Judge(honest with { Record = record });
                Assert.That((verdict.Accepted, verdict.Reason.Contains(field, StringComparison.Ordinal)), Is.EqualTo((false, true)), verdict.Reason);
            }
        });
    }

    [Test]
    public void Counts_may_differ_by_what_rounding_does_to_them()
    {
        UnitOutcome honest = Claim(new HonestRunner(), _auditor);
        UnitRecord near = honest.Record with { Correct = honest.Record.Correct + 1, LossSum = honest.Record.LossSum + (honest.Record.LossSum / 200) };
        Assert.That(Judge(honest with { Record = near }).Reason, Is.Empty);
    }

    [TestCase(0UL, 218UL, ExpectedResult = "")]
    [TestCase(0UL, 219UL, ExpectedResult = "LossSum")]
    [TestCase(100UL, 319UL, ExpectedResult = "")]
    [TestCase(100UL, 320UL, ExpectedResult = "LossSum")]
    [TestCase(300UL, 79UL, ExpectedResult = "")]
    [TestCase(300UL, 78UL, ExpectedResult = "LossSum")]
    public string The_loss_of_a_model_that_has_learned_may_differ_by_what_is_rounded_away(ulong honest, ulong claimed)
    {
        // Four steps of 16 samples: 2 * 4 + 64 * 3.2768, rounded up, is 218.
        UnitOutcome claim = Claim(new HonestRunner(), _auditor);
        ReplayedUnit replay = new(claim.Record with { LossSum = honest }, claim.End);
        string reason = _auditor.Judge(Start, claim.Record with { LossSum = claimed }, claim.End, replay).Reason;
        return reason.Contains("LossSum", StringComparison.Ordinal) ? "LossSum" : reason;
    }

    [Test]
    public void Whatever_a_module_throws_is_a_failure_of_the_unit_and_names_what_it_was()
    {
        HookedEngine atRun = new() { OnRun = static () => throw new IndexOutOfRangeException("no such shape") };
        HookedEngine atOpen = new() { OnOpen = static () => throw new KeyNotFoundException("no such layer") };
        HookedEngine cancelled = new() { OnRun = static () => throw new OperationCanceledException() };
        using ToleranceExecutor auditor = ToleranceTestJob.Executor(Manifest, atRun);
        using ToleranceExecutor worker = ToleranceTestJob.Executor(Manifest, atRun, atStake: true);
        using ToleranceExecutor stopped = ToleranceTestJob.Executor(Manifest, cancelled);
        Assert.Multiple(() =>
        {
            Assert.That(
                Running(auditor),
                Throws.TypeOf<TrainingException>().With.Message.Contains("IndexOutOfRangeException: no such shape").And.Property("IsLasting").False);
            Assert.That(Running(worker), Throws.TypeOf<TrainingException>().With.Property("IsLasting").True);
            Assert.That(Running(stopped), Throws.TypeOf<OperationCanceledException>());
            Assert.That(
                () => ToleranceTestJob.Executor(Manifest, atOpen),
                Throws.TypeOf<TrainingException>().With.Message.Contains("KeyNotFoundException: no such layer").And.Property("IsLasting").True);
        });
    }

    [Test]
    public void Want_of_memory_does_not_last()
    {
        HookedEngine full = new() { OnOpen = static () => throw new InsufficientMemoryException("full") };
        Assert.That(() => ToleranceTestJob.Executor(Manifest, full), Throws.TypeOf<TrainingException>().With.Property("IsLasting").False);
    }

    [Test]
    public void A_state_of_another_job_or_with_numbers_that_are_none_is_refused()
    {
        (string Name, Tensor Tensor)[] tensors = [.. Claim(new HonestRunner(), _auditor).End.Tensors];
        Tensor infinite = new(TensorType.Float32, tensors[0].Tensor.Rows, tensors[0].Tensor.Columns);
        infinite.Float32[0] = float.NaN;
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Claiming([.. tensors.Skip(1)])).Accepted, Is.False);
            Assert.That(Judge(Claiming([(tensors[0].Name, infinite), .. tensors.Skip(1)])).Accepted, Is.False);
        });
    }

    [Test]
    public void Honest_devices_do_not_lean_and_pushes_within_the_bounds_that_go_one_way_do()
    {
        Address honest = Address.ForModule("test", "honest"u8);
        Address pusher = Address.ForModule("test", "pusher"u8);
        List<bool> leans = [];
        for (ulong device = 1; device <= 20; device++)
        {
            using ToleranceExecutor worker = ToleranceTestJob.Executor(Manifest, ToleranceTestJob.Device(device));
            Assert.That(Leans(honest, Claim(new HonestRunner(), worker).End), Is.False, $"device {device}");
        }

        for (int unit = 0; unit < 10; unit++)
        {
            UnitOutcome pushed = Claiming(Pushed(Claim(new HonestRunner(), _auditor).End));
            Assert.That(Judge(pushed).Reason, Is.Empty, "each alone is within the bounds");
            leans.Add(Leans(pusher, pushed.End));
        }

        Assert.That(leans, Is.EqualTo(new[] { false, false, false, false, true, false, false, false, false, true }), "after a warning the sum starts anew");
    }

    [Test]
    public void A_job_that_does_not_fit_together_is_not_opened()
    {
        ToleranceBounds bounds = ToleranceTestJob.Program.Bounds;
        string some = bounds.Tensors.Keys.First();
        ToleranceProgram lacking = ToleranceTestJob.Program with { Bounds = new(bounds.Tensors.Where(b => b.Key != some).ToDictionary()) };
        ToleranceProgram more = ToleranceTestJob.Program with { Bounds = new(bounds.Tensors.Append(new("other", bounds.Tensors[some])).ToDictionary()) };
        ToleranceProgram wide = ToleranceTestJob.Program with { Recipe = ToleranceTestJob.Recipe with { InputShape = [2, 8, 8] } };
        ReproducibleEngine stranger = new("fp32", new Dictionary<string, Func<Module>> { ["other-1"] = static () => new Linear(64, 4) });
        Assert.Multiple(() =>
        {
            Assert.That(Opening(Manifest with { ProgramHash = Hash256.Zero }), Throws.TypeOf<TrainingException>().With.Message.Contains("ProgramHash"));
            Assert.That(Opening(Manifest with { ToleranceClass = Hash256.Sha256("x"u8) }), Throws.TypeOf<TrainingException>().With.Message.Contains("ToleranceClass"));
            Assert.That(Opening(Manifest with { DatasetRoot = Hash256.Zero }), Throws.TypeOf<TrainingException>().With.Message.Contains("DatasetRoot"));
            Assert.That(Opening(Manifest with { ProgramHash = lacking.Hash }, lacking), Throws.TypeOf<TrainingException>().With.Message.Contains(some));
            Assert.That(Opening(Manifest with { ProgramHash = more.Hash }, more), Throws.TypeOf<TrainingException>().With.Message.Contains("'other'"));
            Assert.That(Opening(Manifest with { ProgramHash = wide.Hash }, wide), Throws.TypeOf<TrainingException>().With.Message.Contains("images"));
            Assert.That(() => ToleranceTestJob.Executor(Manifest, stranger), Throws.TypeOf<TrainingException>().With.Message.Contains("tiny-1"));
        });
    }

    [Test]
    public void A_worker_refuses_bounds_that_honest_devices_break_and_an_auditor_does_not_ask()
    {
        // Steps so long that a rounding error grows from step to step, and the least bounds that a program may have.
        ToleranceBounds bounds = new(ToleranceTestJob.Program.Bounds.Tensors.ToDictionary(
            static b => b.Key, static _ => new TensorBound(TensorBound.LeastLargest, TensorBound.LeastRelative)));
        ToleranceProgram tight = new(ToleranceTestJob.Recipe with { LearningRate = 8 }, bounds);
        JobManifest manifest = Manifest with { ProgramHash = tight.Hash };
        using ToleranceExecutor worker = ToleranceTestJob.Executor(manifest, atStake: true, program: tight);
        using ToleranceExecutor auditor = ToleranceTestJob.Executor(manifest, program: tight);
        using ToleranceExecutor fair = ToleranceTestJob.Executor(Manifest, atStake: true);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => worker.RunSteps(Start, Lease, 0, 400, CancellationToken.None), Throws.TypeOf<TrainingException>().With.Property("IsLasting").True);
            Assert.That(auditor.RunSteps(Start, Lease, 0, 400, CancellationToken.None).Samples, Is.EqualTo(6400));
            Assert.That(fair.RunSteps(Start, Lease, 0, 4, CancellationToken.None).Samples, Is.EqualTo(64));
        });
    }

    private Action Running(ToleranceExecutor executor) => () => executor.RunSteps(Start, Lease, 0, 4, CancellationToken.None);

    private bool Leans(Address worker, ModelState claimed)
    {
        ReplayedUnit replay = UnitReplay.Run(Manifest, _auditor, Start, Lease, Hash256.Zero, CancellationToken.None);
        return _auditor.Leans(worker, Start, claimed, replay.End);
    }

    /// <summary>Moves the first tensor by six tenths of its bound, every number up.</summary>
    private (string Name, Tensor Tensor)[] Pushed(ModelState end)
    {
        (string Name, Tensor Tensor)[] tensors = [.. end.Tensors];
        (string name, Tensor after) = tensors[0];
        float[] before = Start.Tensors[0].Tensor.Float32.ToArray();
        double update = Math.Sqrt(after.Float32.ToArray().Zip(before, static (a, b) => Math.Pow((double)a - b, 2)).Sum());
        Tensor moved = new(TensorType.Float32, after.Rows, after.Columns);
        float push = (float)(0.6 * ToleranceTestJob.Program.Bounds.Tensors[name].Relative * update / Math.Sqrt(moved.Length));
        for (int i = 0; i < moved.Length; i++)
        {
            moved.Float32[i] = after.Float32[i] + push;
        }

        return [(name, moved), .. tensors[1..]];
    }

    private static Action Opening(JobManifest manifest, ToleranceProgram? program = null) => () => ToleranceTestJob.Executor(manifest, program: program).Dispose();

    private UnitOutcome Claiming((string Name, Tensor Tensor)[] tensors)
    {
        UnitOutcome honest = Claim(new HonestRunner(), _auditor);
        ModelState state = new(tensors);
        return honest with { End = state, Record = honest.Record with { EndRoot = state.Root, StateBlob = state.BlobAddress } };
    }

    private UnitOutcome Claim(IUnitRunner runner, ToleranceExecutor executor) =>
        runner.Run(executor, Start, Lease, Manifest, Hash256.Zero, CancellationToken.None);

    private ToleranceVerdict Judge(UnitOutcome claim)
    {
        ReplayedUnit replay = UnitReplay.Run(Manifest, _auditor, Start, Lease, Hash256.Zero, CancellationToken.None);
        return _auditor.Judge(Start, claim.Record, claim.End, replay);
    }
}
