using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.TileWork;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Training.Execution;
using PoUW.Training.Tests.Support;

namespace PoUW.Training.Tests.Execution;

[TestFixture]
public sealed class UnitOperationsTests
{
    private static readonly JobManifest Manifest = WorkJob.Manifest(Address.Zero);

    [Test]
    public void A_compiled_model_lists_exactly_the_products_that_one_step_offers([Values] bool convolutional)
    {
        CompiledModel model = convolutional
            ? WorkJob.Compile(new Sequential(
                new Conv2d(1, 32, 5, stride: 4, padding: 2, bias: false), new ReLU(), new Conv2d(32, 32, 5, bias: false), new ReLU(),
                new Flatten(), new Linear(288, 10, bias: false)))
            : WorkJob.Model;
        ProductLog log = new();
        JobManifest manifest = Manifest with { ProgramHash = model.Program.Program.Hash };
        UnitExecutor executor = new(manifest, new JobAssets(model.Program.Program, WorkJob.Data), log, PoUW.Vm.Programs.VmLimits.Default);
        ModelState start = executor.InitialState(CancellationToken.None);
        executor.RunSteps(start, 0, 1, CancellationToken.None);
        Assert.That(model.TicketedProducts, Is.Not.Empty);
        Assert.That(model.TicketedProducts, Is.EqualTo(log.Products.Select(product => product.Shape).Where(shape => WorkPlan.Admits(shape))));
    }

    [Test]
    public void Products_of_a_leased_unit_are_named_in_order_and_no_others_are()
    {
        ProductLog log = new();
        UnitExecutor executor = WorkJob.Executor(Manifest, log);
        ModelState start = executor.InitialState(CancellationToken.None);
        executor.RunUnit(start, 1, CancellationToken.None);
        Assert.That(log.Products.Select(product => product.Claim), Is.All.Null, "without a lease");
        log.Products.Clear();

        Lease lease = TestJob.LeaseOf(Manifest, 1, attempt: 2);
        for (int run = 0; run < 2; run++)
        {
            executor.RunUnit(start, lease, CancellationToken.None);
        }

        BoundClaim[] once =
        [
            new(Manifest.JobId, 1, 2, 2, 0), new(Manifest.JobId, 1, 2, 2, 1), new(Manifest.JobId, 1, 2, 3, 0), new(Manifest.JobId, 1, 2, 3, 1),
        ];
        Assert.That(log.Products.Where(product => WorkPlan.Admits(product.Shape)).Select(product => product.Claim), Is.EqualTo(once.Concat(once)));
        Assert.That(log.IsInUnit, Is.False);
    }

    [Test]
    public void A_cancelled_unit_is_left_and_the_next_one_counts_from_its_start()
    {
        ProductLog log = new();
        UnitExecutor executor = WorkJob.Executor(Manifest, log);
        ModelState start = executor.InitialState(CancellationToken.None);
        using CancellationTokenSource stop = new();
        log.AfterProduct = stop.Cancel;
        Assert.That(
            () => executor.RunUnit(start, TestJob.LeaseOf(Manifest, 0), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(log.IsInUnit, Is.False);

        (log.AfterProduct, int before) = (null, log.Products.Count);
        Assert.That(before, Is.LessThan(4));
        executor.RunUnit(start, TestJob.LeaseOf(Manifest, 1), CancellationToken.None);
        Assert.That(log.Products[before].Claim, Is.EqualTo(new BoundClaim(Manifest.JobId, 1, 0, 2, 0)));
    }

    [Test]
    public void Products_that_differ_from_the_plan_have_no_name_and_do_not_shift_the_others()
    {
        TileWorkShape[] shapes = [.. Manifest.Work.Operations];
        UnitOperations unit = new(Manifest with { Work = Manifest.Work with { Operations = [shapes[0], shapes[0]] } }, Hash256.Zero, 1, 0);
        Assert.Multiple(() =>
        {
            Assert.That(unit.Next(shapes[0]), Is.EqualTo(new BoundClaim(Hash256.Zero, 1, 0, 2, 0)));
            Assert.That(unit.Next(shapes[0] with { K = 511 }), Is.Null, "no plan admits it, so it is not counted");
            Assert.That(unit.Next(shapes[1]), Is.Null);
            Assert.That(unit.Next(shapes[0]), Is.EqualTo(new BoundClaim(Hash256.Zero, 1, 0, 3, 0)));
            Assert.That(unit.Next(shapes[0]), Is.EqualTo(new BoundClaim(Hash256.Zero, 1, 0, 3, 1)));
            Assert.That(unit.Next(shapes[0]), Is.Null, "the unit has two steps");
            Assert.That(new UnitOperations(Manifest with { Work = WorkPlan.None }, Hash256.Zero, 1, 0).Next(shapes[0]), Is.Null);
        });
    }

    [Test]
    public void A_recorder_commits_to_the_operands_of_the_chosen_products_and_changes_no_bit()
    {
        Lease lease = TestJob.LeaseOf(Manifest, 1);
        ProductLog log = new();
        UnitExecutor logged = WorkJob.Executor(Manifest, log);
        ModelState start = logged.InitialState(CancellationToken.None);
        Hash256 end = logged.RunUnit(start, lease, CancellationToken.None).End.Root;

        OperandRecorder recorder = new(new CpuBackend());
        recorder.Watch([(2, 0), (3, 1), (4, 0)]);
        UnitExecutor recorded = WorkJob.Executor(Manifest, recorder);
        recorded.InitialState(CancellationToken.None);
        Assert.That(recorded.RunUnit(start, lease, CancellationToken.None).End.Root, Is.EqualTo(end));
        Assert.Multiple(() =>
        {
            Assert.That(recorder.DigestOf(2, 0), Is.EqualTo(DigestIn(log, 2, 0)));
            Assert.That(recorder.DigestOf(3, 1), Is.EqualTo(DigestIn(log, 3, 1)).And.Not.EqualTo(DigestIn(log, 2, 0)));
            Assert.That(recorder.DigestOf(2, 1), Is.EqualTo(Hash256.Zero), "not asked for");
            Assert.That(recorder.DigestOf(4, 0), Is.EqualTo(Hash256.Zero), "not in the unit");
        });
        recorder.Watch([]);
        Assert.That(recorder.DigestOf(2, 0), Is.EqualTo(Hash256.Zero));
    }

    // By the scalar commitment, from the operands that the log copied.
    private static Hash256 DigestIn(ProductLog log, ulong step, uint operation)
    {
        (TileWorkShape shape, _, sbyte[] a, sbyte[] b) = log.Products.Single(
            product => product.Claim is { } claim && claim.Step == step && claim.Operation == operation);
        return OperationDigest.Of(
            MatrixCommitment.Compute(a, shape.StoredRowsA, shape.StoredColumnsA).Tag,
            MatrixCommitment.Compute(b, shape.StoredRowsB, shape.StoredColumnsB).Tag);
    }
}
