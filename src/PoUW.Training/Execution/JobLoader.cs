using PoUW.Compute.Data;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Network.Chunks;
using PoUW.Training.Aggregation;
using PoUW.Vm.Programs;
using PoUW.Vm.State;

namespace PoUW.Training.Execution;

/// <summary>
/// Fetches what jobs commit to from any peer that has it, and checks it before it is used: nobody is trusted. Thread-safe.
/// </summary>
public sealed class JobLoader(BlobTransfer blobs, VmLimits limits)
{
    /// <summary>The program and the data of a job.</summary>
    /// <exception cref="TrainingException">Nobody has them, or what was found is not what the manifest names.</exception>
    public async Task<JobAssets> LoadAssetsAsync(JobManifest manifest, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> code = await FetchAsync(manifest.ProgramHash, "program", cancellation);
        Require(VmProgram.TryDecode(code.Span, limits, out VmProgram? program), "program");
        ReadOnlyMemory<byte> records = await FetchAsync(manifest.DatasetBlob, "training data", cancellation);
        Require(ImageClassificationDataset.TryDecode(records.Span, out ImageClassificationDataset? data), "training data");
        JobAssets assets = new(program!, data!);
        Require(assets.Validate(manifest), "job");
        return assets;
    }

    /// <summary>The end state that a unit's record names.</summary>
    /// <exception cref="TrainingException">Nobody has it, or what was found has another root.</exception>
    public async Task<MachineState> LoadStateAsync(UnitRecord record, CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> encoded = await FetchAsync(record.StateBlob, $"state of unit {record.Unit}", cancellation);
        Require(MachineState.TryDecode(encoded.Span, limits, out MachineState? state), $"state of unit {record.Unit}");
        return state!.Root == record.EndRoot
            ? state
            : throw new TrainingException($"The state of unit {record.Unit} has root {state.Root}, the record says {record.EndRoot}.");
    }

    /// <summary>The state after a complete round: the mean of its units' end states, in unit order.</summary>
    /// <exception cref="TrainingException">A unit has no record, or a state cannot be fetched or has another root.</exception>
    public async Task<MachineState> LoadMeanAsync(IReadOnlyList<UnitState> round, CancellationToken cancellation)
    {
        IEnumerable<Task<MachineState>> loads = round.Select(unit => LoadStateAsync(
            unit.Record ?? throw new TrainingException($"Unit {unit.Lease.Unit} has no record yet."), cancellation));
        return IntegerMean.Of(await Task.WhenAll(loads));
    }

    /// <summary>Makes a state available to others and returns its address.</summary>
    public Hash256 Publish(MachineState state) => blobs.Put(state.Encode());

    /// <summary>Drops a state that nobody needs any more.</summary>
    public void Forget(Hash256 stateBlob) => blobs.Delete(stateBlob);

    private async Task<ReadOnlyMemory<byte>> FetchAsync(Hash256 address, string what, CancellationToken cancellation) =>
        await blobs.FetchAsync(address, cancellation) ?? throw new TrainingException($"No peer has the {what} ({address.ToShortString()}).");

    private static void Require(ValidationResult result, string what)
    {
        if (!result.IsValid)
        {
            throw new TrainingException($"The {what} that was fetched is wrong: {result}");
        }
    }
}
