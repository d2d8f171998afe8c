using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Sdk.Nodes;
using PoUW.Training;
using PoUW.Training.Clients;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Jobs;

/// <summary>Turns requests into jobs on chain.</summary>
/// <param name="sender">The client's account.</param>
/// <param name="ledger">The node's ledger.</param>
/// <param name="loader">Publishes program and data.</param>
/// <param name="tolerance">Tries programs of lane T before they are submitted; null if this node submits none.</param>
/// <param name="limits">Limits of the machine.</param>
/// <param name="bits">The compact target of the head, for what bound tickets cost.</param>
internal sealed class JobSubmitter(
    AccountSender sender, ILedgerAccess ledger, JobLoader loader, IToleranceEngine? tolerance, VmLimits limits, Func<uint> bits)
{
    // What a lie costs in lane T is little, so nothing is left to chance unless the client wants it.
    private const ulong EveryUnit = 10_000;

    public async Task<TrainingJob> SubmitAsync(TrainingRequest request)
    {
        Require(request.Validate());
        Require(ModelCompiler.TryCompile(request.Model, request.Data.Count, limits, out CompiledModel? model));
        VmProgram program = model!.Program.Program;
        Require(DatasetInputs.Check(program, request.Data, ModelProgram.OrderKey));
        JobManifest manifest = await DescribeAsync(request, program.Hash) with { Work = PlanOf(request, model) };
        Require(manifest.Validate());
        loader.Publish(program);
        Send(request, manifest, BudgetOf(request, manifest));
        return new TrainingJob(manifest, model, new JobFollower(manifest, ledger, loader));
    }

    public async Task<ToleranceJob> SubmitAsync(ToleranceRequest request)
    {
        Require(request.Validate());
        IToleranceEngine engine = tolerance ?? throw new SubmissionException(ValidationResult.Fail(
            ValidationCode.NotAllowed, nameof(PouwNodeOptions.Tolerance), "This node has no engine of lane T to try the program with."));
        JobManifest manifest = await DescribeAsync(request, request.Program.Hash) with
        {
            Version = JobManifest.ToleranceVersion,
            Aggregation = AggregationRule.TrimmedMean,
            ToleranceClass = request.Program.Class.Id,
            AuditRateBasisPoints = request.AuditRateBasisPoints ?? EveryUnit,
        };
        Require(manifest.Validate());
        (StateShapes shapes, ModelState initial) = Try(manifest, request, engine);
        loader.Publish(request.Program);
        Send(request, manifest, Amount.Zero);
        return new ToleranceJob(manifest, shapes, new JobFollower(manifest, ledger, loader, initial));
    }

    public ValidationResult Close(Hash256 jobId) => sender.Send(TransactionKind.CloseJob, new CloseJobPayload(jobId).Encode());

    private async Task<JobManifest> DescribeAsync(JobRequest request, Hash256 programHash) => new()
    {
        Client = sender.Key.Address,
        Name = request.Name,
        ProgramHash = programHash,
        DatasetRoot = request.Data.Root,
        DatasetBlob = await loader.PublishAsync(request.Data),
        Seed = request.Seed,
        TotalSteps = (ulong)request.Steps,
        StepsPerUnit = (ulong)request.StepsPerUnit,
        UnitsPerRound = (ulong)request.UnitsPerRound,
        UnitPrice = request.UnitPrice,
        AuditRateBasisPoints = request.AuditRateBasisPoints ?? ledger.Parameters.DefaultAuditRateBasisPoints,
        AuditorsPerUnit = (ulong)request.AuditorsPerUnit,
        AuditFee = request.AuditFee,
        DeadlineBlocks = request.DeadlineBlocks,
    };

    private void Send(JobRequest request, JobManifest manifest, Amount workBudget)
    {
        Require((request.Escrow ?? manifest.TotalPrice).TryAdd(workBudget, out Amount escrow)
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(TrainingRequest.WorkBudget), "Escrow and work budget together are too large."));
        byte[] payload = new SubmitJobPayload(manifest, escrow).Encode();
        Require(SubmitJobPayload.TryDecode(payload, out _));
        Require(sender.Send(TransactionKind.SubmitJob, payload));
    }

    /// <summary>Opens the job as a worker will, so that what no worker can do is refused here.</summary>
    private (StateShapes Shapes, ModelState Initial) Try(JobManifest manifest, ToleranceRequest request, IToleranceEngine engine)
    {
        try
        {
            using ToleranceExecutor executor = new(manifest, new ToleranceAssets(request.Program, request.Data), engine, limits, atStake: false);
            return (executor.Shapes, executor.InitialState(CancellationToken.None));
        }
        catch (TrainingException problem)
        {
            throw new SubmissionException(ValidationResult.Fail(ValidationCode.BadManifest, nameof(request.Program), problem.Message));
        }
    }

    private static WorkPlan PlanOf(TrainingRequest request, CompiledModel model)
    {
        IReadOnlyList<TileWorkShape> products = request.WorkMacsPerSecond == 0 ? [] : model.TicketedProducts;

        // Leases of a plan that earns nothing would burn for nothing.
        bool earns = products.Any(static shape => WorkPricing.EarnsBonus(shape));
        return !earns ? WorkPlan.None : new WorkPlan(products, request.WorkMacsPerSecond);
    }

    private Amount BudgetOf(TrainingRequest request, JobManifest manifest) => manifest.Work.IsEmpty
        ? Amount.Zero
        : request.WorkBudget ?? WorkCosts.Estimate(ledger.Parameters, manifest, bits())
        ?? throw new SubmissionException(ValidationResult.Fail(
            ValidationCode.OutOfRange, nameof(request.WorkBudget), "The estimate is more than can exist. Give an amount."));

    private static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new SubmissionException(result);
        }
    }
}
