using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Network.Chunks;
using PoUW.Training.Aggregation;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>
/// Publishes what jobs commit to, fetches it from any peer that has it, and checks it before it is used: nobody is trusted. Thread-safe.
/// </summary>
public sealed class JobLoader(ChunkExchange chunks, BlobTransfer blobs, VmLimits limits)
{
    /// <summary>Makes a job's program available to others under its hash.</summary>
    public Hash256 Publish(VmProgram program) => chunks.Put(program.Encode());

    /// <summary>Makes the program of a job of lane T available to others under its hash.</summary>
    public Hash256 Publish(ToleranceProgram program) => chunks.Put(program.Encode());

    /// <summary>Makes training data available to others and returns its address.</summary>
    public async Task<Hash256> PublishAsync(Dataset data) => await blobs.PutAsync(data.Encode());

    /// <summary>Makes a state available to others and returns its address, which is <see cref="ModelState.BlobAddress"/>.</summary>
    public async Task<Hash256> PublishAsync(ModelState state) => await blobs.PutAsync(state.Encoded, ModelState.ChunkBytes);

    /// <summary>True if a state is complete in the local stores, so that others can fetch it from here.</summary>
    public bool Holds(Hash256 stateBlob) => blobs.IsLocal(stateBlob);

    /// <summary>Drops states that nobody needs any more; the chunks that they share with blobs to keep stay.</summary>
    public void Forget(IEnumerable<Hash256> stateBlobs, IEnumerable<Hash256> keep) => blobs.Delete(stateBlobs, keep);

    /// <summary>The program and the data of a job.</summary>
    /// <exception cref="TrainingException">Nobody has them, or what was found is not what the manifest names.</exception>
    public async Task<JobAssets> LoadAssetsAsync(JobManifest manifest, CancellationToken cancellation)
    {
        FetchResult code = await chunks.FetchAsync(manifest.ProgramHash, cancellation: cancellation);
        Require(VmProgram.TryDecode(Content(code, "program").Span, limits, out VmProgram? program), "program");
        JobAssets assets = new(program!, await LoadDataAsync(manifest, cancellation));
        Require(assets.Validate(manifest), "job");
        return assets;
    }

    /// <summary>The program and the data of a job of lane T.</summary>
    /// <exception cref="TrainingException">Nobody has them, or what was found is not what the manifest names.</exception>
    public async Task<ToleranceAssets> LoadToleranceAssetsAsync(JobManifest manifest, CancellationToken cancellation)
    {
        FetchResult found = await chunks.FetchAsync(manifest.ProgramHash, cancellation: cancellation);
        Require(ToleranceProgram.TryDecode(Content(found, "program").Span, out ToleranceProgram? program), "program");
        ToleranceAssets assets = new(program!, await LoadDataAsync(manifest, cancellation));
        Require(assets.Validate(manifest), "job");
        return assets;
    }

    /// <summary>The end state that a unit's record names.</summary>
    /// <exception cref="TrainingException">Nobody has it, or what was found has another root.</exception>
    /// <param name="record">The record, which may name any blob.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="maxBytes">Size of the encoded state of the job's program, for those who know it: a record cannot make them load more.</param>
    public async Task<ModelState> LoadStateAsync(UnitRecord record, CancellationToken cancellation, long maxBytes = long.MaxValue)
    {
        (ModelState? state, string problem) = await FindStateAsync(record, cancellation, maxBytes);
        return state ?? throw new TrainingException(problem);
    }

    /// <summary>
    /// The state after a complete round: the mean of its units' end states, in unit order. By <see cref="AggregationRule.TrimmedMean"/> a unit whose record names
    /// something else than a state with its root takes no part: everybody finds the same under the address, and no liar shall stop the job.
    /// </summary>
    /// <exception cref="TrainingException">
    /// A unit has no record, a state cannot be fetched, or, by <see cref="AggregationRule.IntegerMean"/>, it is not what its record says.
    /// </exception>
    /// <param name="manifest">The job, whose rule says what a mean is.</param>
    /// <param name="round">The round's units.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="maxBytes">As in <see cref="LoadStateAsync"/>.</param>
    /// <param name="like">In lane T a state of the job: those of another kind take no part.</param>
    public async Task<ModelState> LoadMeanAsync(
        JobManifest manifest, IReadOnlyList<UnitState> round, CancellationToken cancellation, long maxBytes = long.MaxValue, ModelState? like = null)
    {
        (ModelState? State, string Problem)[] found = await Task.WhenAll(round.Select(unit => FindStateAsync(
            unit.Record ?? throw new TrainingException($"Unit {unit.Lease.Unit} has no record yet."), cancellation, maxBytes)));
        if (manifest.Aggregation != AggregationRule.TrimmedMean && Array.Find(found, static one => one.State is null).Problem is { } problem)
        {
            throw new TrainingException(problem);
        }

        // Another address of the same bytes is cut into other chunks, which not every node takes: all leave it out, else their means would differ.
        IEnumerable<ModelState> states = found.Select(static one => one.State).OfType<ModelState>();
        if (manifest.Aggregation == AggregationRule.TrimmedMean)
        {
            Hash256[] named = [.. round.Select(static unit => unit.Record!.StateBlob)];
            states = found.Where((one, index) => one.State?.BlobAddress == named[index]).Select(static one => one.State!);
        }

        return StateMean.Of(manifest.Aggregation, [.. states], like);
    }

    /// <summary>The state that a record names, or why what lies under the address is none; throws only if it cannot be fetched, which may change.</summary>
    private async Task<(ModelState? State, string Problem)> FindStateAsync(UnitRecord record, CancellationToken cancellation, long maxBytes)
    {
        string what = $"state of unit {record.Unit}";
        FetchResult fetched = await blobs.FetchAsync(record.StateBlob, cancellation: cancellation, maxBytes: maxBytes);
        if (fetched.Status is FetchStatus.Malformed or FetchStatus.TooLarge)
        {
            return (null, $"The {what} is no state: {fetched.Status}.");
        }

        if (ModelState.TryDecode(Content(fetched, what).Span, limits, out ModelState? state) is { IsValid: false } wrong)
        {
            return (null, $"The {what} that was fetched is wrong: {wrong}");
        }

        return state!.Root == record.EndRoot ? (state, "") : (null, $"The {what} has root {state.Root}, its record says {record.EndRoot}.");
    }

    private async Task<Dataset> LoadDataAsync(JobManifest manifest, CancellationToken cancellation)
    {
        FetchResult records = await blobs.FetchAsync(manifest.DatasetBlob, cancellation: cancellation);
        Require(Dataset.TryDecode(Content(records, "training data").Span, DataLimits.Default, out Dataset? data), "training data");
        return data!;
    }

    private static ReadOnlyMemory<byte> Content(FetchResult fetched, string what) =>
        fetched.IsOk ? fetched.Bytes : throw new TrainingException($"The {what} could not be fetched: {fetched.Status}.");

    private static void Require(ValidationResult result, string what)
    {
        if (!result.IsValid)
        {
            throw new TrainingException($"The {what} that was fetched is wrong: {result}") { IsLasting = true };
        }
    }
}
