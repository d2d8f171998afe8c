using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Optimisers;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Compute.TileWork;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Training.Aggregation;
using PoUW.Training.Clients;
using PoUW.Training.Execution;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Tests.Nodes;

[TestFixture]
public sealed class NetworkTrainingTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task A_job_trains_over_the_network_and_anyone_can_recompute_its_result(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 3, validators: 1);
        TrainingRequest request = TestNetwork.Request();
        TrainingJob job = await network.Client.SubmitJobAsync(request);
        JobProgress end = await job.WaitForEndAsync(cancellation);
        TrainedModel model = await job.LoadModelAsync(cancellation);

        JobState state = end.Job!;
        IStateReader ledger = network.Client.View.State;
        Amount balances = Sum(ledger, [.. network.Nodes.Select(node => node.Address), JobLedger.EscrowAccount(job.Id), StakeLedger.Vault]);
        Assert.Multiple(() =>
        {
            Assert.That(state.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(state.Paid + state.Burned + state.Refunded, Is.EqualTo(state.Escrow));
            Assert.That(balances, Is.EqualTo(ledger.Minted - ledger.Burned), "every coin is in a known account");
            Assert.That(model.WeightsHash, Is.EqualTo(Recompute(job.Manifest, request, new CpuBackend())));
            Assert.That(network.Observer.Messages, Is.Empty);
        });
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_host_brings_the_backend_that_draws_the_tickets(CancellationToken cancellation)
    {
        List<TileWorkBackend> made = [];
        await using TestNetwork network = await TestNetwork.StartAsync(
            workers: 1,
            ticketBackend: (inner, templates, sink) =>
            {
                made.Add(new TileWorkBackend(inner, templates, sink));
                return made[^1];
            });
        TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request());
        await job.WaitForEndAsync(cancellation);
        Assert.That(made, Has.Count.EqualTo(1), "the worker's; a client has none");
        Assert.That(made[0].TicketsDrawn, Is.Positive);
        Assert.That(network.Nodes[1].Mining.TrainingTickets, Is.EqualTo(made[0].TicketsDrawn));
        made[0].Dispose();
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task The_weights_are_the_same_bits_with_tickets_on_and_off_and_for_any_number_of_workers(CancellationToken cancellation)
    {
        HashSet<Hash256> hashes = [];
        foreach ((int workers, bool tickets) in new[] { (1, true), (2, false), (4, true) })
        {
            await using TestNetwork network = await TestNetwork.StartAsync(workers, tickets: tickets);
            TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request());
            await job.WaitForEndAsync(cancellation);
            hashes.Add((await job.LoadModelAsync(cancellation)).WeightsHash);
        }

        Assert.That(hashes, Has.Count.EqualTo(1));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_job_with_bound_tickets_opens_its_leases_draws_on_them_and_gives_back_what_it_did_not_burn(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2, validators: 3);
        TrainingRequest request = TestNetwork.WorkRequest(steps: 12);
        TrainingJob job;

        // How many operations of a job are drawn at their time depends on when blocks come. One job may have none.
        for (int i = 0; ; i++)
        {
            job = await network.Client.SubmitJobAsync(request with { Name = $"job {i}" });
            await job.WaitForEndAsync(cancellation);
            if (network.Nodes.Any(node => node.Mining.BoundTickets > 0))
            {
                break;
            }
        }

        TrainedModel model = await job.LoadModelAsync(cancellation);
        JobState state = job.Progress.Job!;
        IStateReader ledger = network.Client.View.State;
        Amount balances = Sum(ledger, [.. network.Nodes.Select(node => node.Address), JobLedger.EscrowAccount(job.Id), StakeLedger.Vault]);
        Assert.Multiple(() =>
        {
            Assert.That(state.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(state.Manifest.Work.Operations, Has.Count.EqualTo(2));
            Assert.That(state.LeaseBurned, Is.GreaterThan(Amount.Zero).And.LessThanOrEqualTo(request.WorkBudget!.Value));
            Assert.That(state.Paid + state.Burned + state.Refunded, Is.EqualTo(state.Escrow));
            Assert.That(balances, Is.EqualTo(ledger.Minted - ledger.Burned), "every coin is in a known account");
            Assert.That(network.Nodes.Select(node => node.Mining), Is.All.Matches<MiningStatus>(
                status => status.BoundTickets <= status.TrainingTickets && status.TrainingTickets <= status.Tickets));
            Assert.That(model.WeightsHash, Is.EqualTo(Recompute(job.Manifest, request, new CpuBackend())));
            Assert.That(network.Observer.Messages, Is.All.Contains("Its lease was over"), "a reorganisation may undo a grant while its worker waits");
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task The_budget_for_bound_tickets_goes_into_escrow_and_a_model_without_ticketed_products_needs_none(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 1);
        TrainingRequest request = TestNetwork.WorkRequest(steps: 4) with { Escrow = null };
        TrainingJob given = await network.Client.SubmitJobAsync(request);
        TrainingJob estimated = await network.Client.SubmitJobAsync(request with { Name = "estimated", WorkBudget = null });
        TrainingJob small = await network.Client.SubmitJobAsync(request with { Name = "small", Model = request.Model with { BatchSize = 16 } });
        Assert.That(await EscrowOfAsync(given, cancellation), Is.EqualTo(given.Manifest.TotalPrice + request.WorkBudget!.Value));
        Assert.That(await EscrowOfAsync(estimated, cancellation), Is.GreaterThan(estimated.Manifest.TotalPrice));
        Assert.That(small.Manifest.Work, Is.EqualTo(WorkPlan.None), "no product of a batch of 16 draws tickets");
        Assert.That(await EscrowOfAsync(small, cancellation), Is.EqualTo(small.Manifest.TotalPrice));
    }

    [Test]
    public void The_scalar_definition_gives_the_same_bits_as_the_fast_backend()
    {
        TrainingRequest request = TestNetwork.Request(steps: 3);
        JobManifest manifest = ManifestOf(request);
        Assert.That(Recompute(manifest, request, new ScalarBackend()), Is.EqualTo(Recompute(manifest, request, new CpuBackend())));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_node_that_joins_late_catches_up_and_a_restarted_one_keeps_its_chain(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 1);
        await ReachAsync(network.Client, 5, cancellation);

        string folder = Directory.CreateTempSubdirectory("pouw-restart-").FullName;
        string path = Path.Combine(folder, "late.db");
        PouwNode late = await network.AddAsync("late", NodeRoles.None, new Storage.Sqlite.SqliteKeyValueStore(path));
        await ReachAsync(late, 5, cancellation);
        Assert.That(late.Chain.GetIdByHeight(3), Is.EqualTo(network.Client.Chain.GetIdByHeight(3)));

        network.Nodes.Remove(late);
        ulong height = late.Chain.Head.Height;
        await late.DisposeAsync();
        PouwNode restarted = await network.AddAsync("late", NodeRoles.None, new Storage.Sqlite.SqliteKeyValueStore(path));
        Assert.That(restarted.Chain.Head.Height, Is.GreaterThanOrEqualTo(height));
        await ReachAsync(restarted, height + 3, cancellation);
        network.Nodes.Remove(restarted);
        await restarted.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_job_that_is_closed_early_is_refunded_and_its_last_round_is_a_model(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2);
        TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request(steps: 400) with { Escrow = null });
        await foreach (JobProgress progress in job.FollowAsync(cancellation))
        {
            if (progress.Job is { Round: >= 1, Status: JobStatus.Active })
            {
                network.Client.CloseJob(job.Id);
                break;
            }
        }

        JobProgress end = await job.WaitForEndAsync(cancellation);
        Assert.That(end.Job!.Status, Is.EqualTo(JobStatus.Cancelled));
        Assert.That(end.Job.Refunded, Is.GreaterThan(Amount.Zero));
        Assert.That(end.Job.Paid + end.Job.Burned + end.Job.Refunded, Is.EqualTo(end.Job.Escrow));
        Assert.That((await job.LoadModelAsync(cancellation)).Evaluate(TestNetwork.Data).Samples, Is.EqualTo(TestNetwork.Data.Count));
    }

    [Test]
    public async Task A_request_that_breaks_a_rule_is_refused_with_the_field()
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 0);
        TrainingRequest good = TestNetwork.Request();
        await AssertRefusedAsync(network, good with { Name = "" }, ValidationCode.BadManifest);
        await AssertRefusedAsync(network, good with { Escrow = Amount.FromBaseUnits(1) }, ValidationCode.EscrowTooSmall);
        await AssertRefusedAsync(network, good with { Model = good.Model with { BatchSize = 0 } }, ValidationCode.OutOfRange);
        await AssertRefusedAsync(network, good with { Steps = -1 }, ValidationCode.BadManifest);
        await AssertRefusedAsync(network, good with { Model = good.Model with { Optimiser = new Sgd(0.1f) } }, ValidationCode.OutOfRange);
        await AssertRefusedAsync(network, good with { Model = good.Model with { BatchSize = 1_201 } }, ValidationCode.OutOfRange);
        await AssertRefusedAsync(network, good with { Data = SyntheticImages.Create(4, 1_200, side: 8, seed: 5) }, ValidationCode.OutOfRange);
        Assert.That(
            async () => await (await network.AddAsync("other", NodeRoles.None)).SubmitJobAsync(good), Throws.InstanceOf<InvalidOperationException>());
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task The_saved_model_holds_the_weights_and_the_exact_state(CancellationToken cancellation)
    {
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 1);
        TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request(steps: 2));
        await job.WaitForEndAsync(cancellation);
        string path = Path.GetTempFileName();
        (await job.LoadModelAsync(cancellation)).SaveSafetensors(path);

        ValidationResult result = SafetensorFile.TryDecode(await File.ReadAllBytesAsync(path, cancellation), SafetensorLimits.Default, out SafetensorFile? file);
        File.Delete(path);
        Assert.That(result.IsValid, Is.True, result.ToString());
        Assert.That(file!.Tensors["fc1.weight"].Shape, Is.EqualTo(new long[] { 32, 784 }));
        Assert.That(file.Metadata["pouw.job"], Is.EqualTo(job.Id.ToString()));
    }

    private static async Task<Amount> EscrowOfAsync(TrainingJob job, CancellationToken cancellation)
    {
        await foreach (JobProgress progress in job.FollowAsync(cancellation))
        {
            if (progress.Job is { } state)
            {
                return state.Escrow;
            }
        }

        throw new InvalidOperationException("The job never came into a block.");
    }

    private static async Task AssertRefusedAsync(TestNetwork network, TrainingRequest request, ValidationCode code)
    {
        SubmissionException? refusal = null;
        try
        {
            await network.Client.SubmitJobAsync(request);
        }
        catch (SubmissionException caught)
        {
            refusal = caught;
        }

        Assert.That(refusal?.Result.Code, Is.EqualTo(code));
    }

    /// <summary>The whole job by one pair of hands, without a network: what an auditor of every unit would do.</summary>
    private static Hash256 Recompute(JobManifest manifest, TrainingRequest request, ITensorBackend backend)
    {
        UnitExecutor executor = new(manifest, new JobAssets(ProgramOf(request), request.Data), backend, VmLimits.Default);
        ModelState state = executor.InitialState(CancellationToken.None);
        for (ulong round = 0; round < manifest.RoundCount; round++)
        {
            List<ModelState> ends = [];
            ulong first = manifest.FirstUnit(round);
            for (ulong unit = first; unit < first + manifest.UnitsInRound(round); unit++)
            {
                ends.Add(executor.RunUnit(state, unit, CancellationToken.None).End);
            }

            state = StateMean.Of(AggregationRule.IntegerMean, ends);
        }

        return state.Root;
    }

    private static VmProgram ProgramOf(TrainingRequest request)
    {
        ValidationResult result = ModelCompiler.TryCompile(request.Model, request.Data.Count, VmLimits.Default, out CompiledModel? compiled);
        Assert.That(result.IsValid, Is.True, result.ToString());
        return compiled!.Program.Program;
    }

    private static JobManifest ManifestOf(TrainingRequest request)
    {
        return new JobManifest
        {
            Client = Address.Zero,
            Name = "test",
            ProgramHash = ProgramOf(request).Hash,
            DatasetRoot = request.Data.Root,
            DatasetBlob = Hash256.Zero,
            Seed = request.Seed,
            TotalSteps = (ulong)request.Steps,
            StepsPerUnit = 1,
            UnitsPerRound = 2,
            UnitPrice = request.UnitPrice,
            AuditRateBasisPoints = 0,
            AuditorsPerUnit = 1,
            AuditFee = Amount.Zero,
            DeadlineBlocks = 1,
        };
    }

    private static async Task ReachAsync(PouwNode node, ulong height, CancellationToken cancellation)
    {
        while (node.View is { } view && view.Height < height)
        {
            await node.WaitForChangeAsync(view, cancellation);
        }
    }

    private static Amount Sum(IStateReader state, IEnumerable<Address> addresses)
    {
        Amount total = Amount.Zero;
        foreach (Address address in addresses)
        {
            total += state.GetAccount(address).Balance;
        }

        return total;
    }
}
