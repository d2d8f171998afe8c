using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Training.Clients;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Jobs;

/// <summary>Turns requests into jobs on chain.</summary>
internal sealed class JobSubmitter(AccountSender sender, ILedgerAccess ledger, JobLoader loader, VmLimits limits)
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
        };
        Require(manifest.Validate());
        byte[] payload = new SubmitJobPayload(manifest, request.Escrow ?? manifest.TotalPrice).Encode();
        Require(SubmitJobPayload.TryDecode(payload, out _));
        Require(sender.Send(TransactionKind.SubmitJob, payload));
        return new TrainingJob(manifest, model, new JobFollower(manifest, ledger, loader));
    }

    public ValidationResult Close(Hash256 jobId) => sender.Send(TransactionKind.CloseJob, new CloseJobPayload(jobId).Encode());

    private static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new SubmissionException(result);
        }
    }
}
