using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Training.Clients;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Jobs;

/// <summary>Turns requests into jobs on chain.</summary>
/// <param name="sender">The client's account.</param>
/// <param name="ledger">The node's ledger.</param>
/// <param name="loader">Publishes program and data.</param>
/// <param name="limits">Limits of the machine.</param>
/// <param name="bits">The compact target of the head, for what bound tickets cost.</param>
internal sealed class JobSubmitter(AccountSender sender, ILedgerAccess ledger, JobLoader loader, VmLimits limits, Func<uint> bits)
{
    public async Task<TrainingJob> SubmitAsync(TrainingRequest request)
    {
        Require(request.Validate());
        Require(ModelCompiler.TryCompile(request.Model, request.Data.Count, limits, out CompiledModel? model));
        VmProgram program = model!.Program.Program;
        Require(DatasetInputs.Check(program, request.Data, ModelProgram.OrderKey));
        JobManifest manifest = new()
        {
            Client = sender.Key.Address,
            Name = request.Name,
            ProgramHash = loader.Publish(program),
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
            Work = PlanOf(request, model),
        };
        Require(manifest.Validate());
        Require((request.Escrow ?? manifest.TotalPrice).TryAdd(BudgetOf(request, manifest), out Amount escrow)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, nameof(request.WorkBudget), "Escrow and work budget together are too large."));
        byte[] payload = new SubmitJobPayload(manifest, escrow).Encode();
        Require(SubmitJobPayload.TryDecode(payload, out _));
        Require(sender.Send(TransactionKind.SubmitJob, payload));
        return new TrainingJob(manifest, model, new JobFollower(manifest, ledger, loader));
    }

    public ValidationResult Close(Hash256 jobId) => sender.Send(TransactionKind.CloseJob, new CloseJobPayload(jobId).Encode());

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
