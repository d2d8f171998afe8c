using PoUW.Compute.Modules;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Simulation.Devices;
using PoUW.Simulation.Faults;
using PoUW.Training.Clients;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>Jobs of lane T on a network of production nodes, each on a device whose last bits differ.</summary>
[TestFixture]
public sealed class ToleranceJobTests
{
    private static readonly ReproducibleEngine Engine = new("fp32", new Dictionary<string, Func<Module>>
    {
        ["perceptron-1"] = static () => new Sequential(
            ("flatten", new Flatten()), ("fc1", new Linear(784, 16)), ("relu", new ReLU()), ("fc2", new Linear(16, 4))),
    });

    private static readonly ToleranceRecipe Recipe = new() { Class = Engine.Classes[0], InputShape = [1, 28, 28], BatchSize = 32, LearningRate = 0.02f };

    private static readonly ToleranceProgram Program = new(
        Recipe, ToleranceCalibration.Measure([Engine, new OtherDeviceEngine(Engine, 99)], Recipe, TestNetwork.Data, seed: 1, unitSteps: 8, units: 4));

    private static ToleranceRequest Request => new()
    {
        Name = "lane T",
        Program = Program,
        Data = TestNetwork.Data,
        Seed = 3,
        Steps = 48,
        StepsPerUnit = 8,
        UnitsPerRound = 2,
        UnitPrice = Amount.FromBaseUnits(1_000_003),
        AuditRateBasisPoints = 10_000,
        AuditFee = Amount.FromBaseUnits(1_000),
    };

    [Test]
    [CancelAfter(120_000)]
    public async Task Workers_and_auditors_on_unequal_devices_train_a_model_and_every_coin_is_accounted_for(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2, validators: 3, tolerance: DeviceOf);
        ToleranceJob job = await network.Client.SubmitJobAsync(Request);
        JobProgress end = await job.WaitForEndAsync(cancellation);
        StateDict state = await job.LoadStateAsync(cancellation);

        JobState record = end.Job!;
        IStateReader ledger = network.Client.View.State;
        Address[] known = [.. network.Nodes.Select(static node => node.Address), JobLedger.EscrowAccount(job.Id), StakeLedger.Vault];
        Amount balances = known.Aggregate(Amount.Zero, (sum, account) => sum + ledger.GetAccount(account).Balance);
        Amount earned = Request.UnitPrice.Scale(JobManifest.ToleranceWageBasisPoints, 10_000);
        Assert.Multiple(() =>
        {
            Assert.That(record.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That((record.Audits, record.Convictions), Is.EqualTo((6UL, 0UL)));
            Assert.That(record.Paid + record.Burned + record.Refunded, Is.EqualTo(record.Escrow));
            Assert.That(record.Paid + record.Burned, Is.LessThanOrEqualTo((earned + (Request.AuditFee * 3)) * 6));
            Assert.That(balances, Is.EqualTo(ledger.Minted - ledger.Burned), "every coin is in a known account");
            Assert.That(end.RoundCorrect, Is.GreaterThan(end.RoundSamples * 8 / 10), "it learned");
            Assert.That(LargestDifference(state, Recompute(job.Manifest)), Is.InRange(double.Epsilon, 1e-3), "other bits, the same training");
            Assert.That(network.Observer.Messages, Is.Empty);
        });
    }

    [TestCase(LieKind.SkipStep)]
    [TestCase(LieKind.WrongUpdate)]
    [CancelAfter(120_000)]
    public async Task A_liar_pays_the_price_of_the_unit_and_others_do_it_again(LieKind kind, CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2, validators: 3, liar: new LyingRunner(kind, 7), tolerance: DeviceOf);
        ToleranceJob job = await network.Client.SubmitJobAsync(Request with { Steps = 16 });
        JobProgress end = await job.WaitForEndAsync(cancellation);
        IStateReader ledger = network.Client.View.State;
        Address liar = network.Nodes[1].Address;
        IReadOnlyList<Conviction> convictions = JobLedger.Convictions(ledger, job.Id);
        Assert.Multiple(() =>
        {
            Assert.That(end.Job!.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(convictions, Is.Not.Empty);
            Assert.That(convictions.Select(static one => (one.Offender, one.Offence, one.Slashed)), Is.All.EqualTo((liar, Offence.OutOfBounds, Request.UnitPrice)));
            Assert.That(StakeLedger.Get(ledger, liar).BannedUntil, Is.Zero);
            Assert.That(JobLedger.Round(ledger, job.Manifest, 0).Select(static unit => unit.Lease.Worker), Has.None.EqualTo(liar));
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_request_that_no_worker_could_do_is_refused_before_it_costs_anything(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 0, tolerance: static _ => Engine);
        ToleranceBounds tight = new(Program.Bounds.Tensors.ToDictionary(static bound => bound.Key, static _ => new TensorBound(1e-9, 1e-9)));
        (ToleranceRequest Request, string Field)[] bad =
        [
            (Request with { Name = "" }, nameof(JobManifest.Name)),
            (Request with { StepsPerUnit = 0 }, nameof(Request.StepsPerUnit)),
            (Request with { AuditorsPerUnit = 1 }, nameof(Request.AuditorsPerUnit)),
            (Request with { AuditRateBasisPoints = 3_999 }, nameof(Request.AuditRateBasisPoints)),
            (Request with { Program = Program with { Recipe = Recipe with { BatchSize = 0 } } }, nameof(Recipe.BatchSize)),
            (Request with { Program = Program with { Recipe = Recipe with { InputShape = [3, 28, 28] } } }, nameof(Request.Program)),
            (Request with { Program = Program with { Recipe = Recipe with { Class = new ToleranceClass("other", "fp32") } } }, nameof(Request.Program)),
            (Request with { Program = Program with { Bounds = tight } }, nameof(Request.Program)),
            (Request with { Escrow = Amount.FromBaseUnits(1) }, nameof(Request.Escrow)),
        ];
        List<string?> fields = [];
        foreach ((ToleranceRequest request, _) in bad)
        {
            fields.Add(await RefusedFieldAsync(network.Client, request));
        }

        await using TestNetwork without = await TestNetwork.StartAsync(workers: 0);
        Assert.Multiple(() =>
        {
            Assert.That(fields, Is.EqualTo(bad.Select(static one => one.Field)));
            Assert.That(async () => await RefusedFieldAsync(without.Client, Request), Is.EqualTo(nameof(PouwNodeOptions.Tolerance)));
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Every_unit_is_audited_unless_the_client_says_otherwise(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 0, tolerance: static _ => Engine);
        ToleranceJob all = await network.Client.SubmitJobAsync(Request with { AuditRateBasisPoints = null });
        ToleranceJob least = await network.Client.SubmitJobAsync(Request with { AuditRateBasisPoints = 4_000, Name = "least" });
        Assert.That((all.Manifest.AuditRateBasisPoints, least.Manifest.AuditRateBasisPoints), Is.EqualTo((10_000UL, 4_000UL)));
    }

    [TestCase(NodeRoles.Worker)]
    [TestCase(NodeRoles.Validator)]
    [TestCase(NodeRoles.Client)]
    [CancelAfter(60_000)]
    public async Task A_node_with_an_engine_of_more_classes_than_its_account_can_enrol_for_does_not_start(NodeRoles role, CancellationToken cancellation)
    {
        ReproducibleEngine nine = new("fp32", Enumerable.Range(1, 9).ToDictionary(static i => $"m-{i}", static _ => new Func<Module>(static () => new Linear(784, 4))));
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 0);
        Assert.That(
            async () => await network.AddAsync("worker-1", role, tolerance: nine),
            role == NodeRoles.Client ? Throws.Nothing : Throws.ArgumentException.With.Message.Contains("Tolerance").And.Message.Contains("8"));
    }

    private static IToleranceEngine DeviceOf(string node) => new OtherDeviceEngine(Engine, (ulong)node.Sum(static letter => letter));

    private static async Task<string?> RefusedFieldAsync(PouwNode client, ToleranceRequest request)
    {
        try
        {
            await client.SubmitJobAsync(request);
            return null;
        }
        catch (SubmissionException refusal)
        {
            Assert.That(refusal.Result.Code, Is.Not.EqualTo(ValidationCode.Ok));
            return refusal.Result.Field;
        }
    }

    /// <summary>The whole job on one device, in binary64 means.</summary>
    private static StateDict Recompute(JobManifest manifest)
    {
        using IToleranceUnits units = Engine.Open(Recipe, TestNetwork.Data, manifest.JobId, manifest.Seed);
        StateDict state = units.InitialState();
        for (ulong round = 0; round < manifest.RoundCount; round++)
        {
            List<StateDict> ends = [];
            for (ulong unit = manifest.FirstUnit(round); unit < manifest.FirstUnit(round) + manifest.UnitsInRound(round); unit++)
            {
                ends.Add(units.Run(state, manifest.FirstStep(unit), manifest.StepsInUnit(unit), CancellationToken.None).After);
            }

            state = new StateDict(state.Names.Select(name => KeyValuePair.Create(name, MeanOf([.. ends.Select(end => end[name])]))));
        }

        return state;
    }

    private static StateTensor MeanOf(StateTensor[] tensors)
    {
        float[][] values = [.. tensors.Select(static tensor => tensor.ToFloat32())];
        float[] mean = [.. Enumerable.Range(0, values[0].Length).Select(i => (float)values.Average(one => (double)one[i]))];
        return StateTensor.FromFloat32(mean, [.. tensors[0].Shape]);
    }

    private static double LargestDifference(StateDict one, StateDict other) => one.Names.Max(
        name => one[name].ToFloat32().Zip(other[name].ToFloat32(), static (a, b) => Math.Abs((double)a - b)).Max());
}
