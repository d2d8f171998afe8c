using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Clients;

namespace PoUW.Sdk.Jobs;

/// <summary>A job on the network, of any lane. Thread-safe.</summary>
public abstract class SubmittedJob
{
    private protected SubmittedJob(JobManifest manifest, JobFollower follower) => (Manifest, Id, Follower) = (manifest, manifest.JobId, follower);

    /// <summary>The job id: the manifest's hash.</summary>
    public Hash256 Id { get; }

    /// <summary>What was submitted.</summary>
    public JobManifest Manifest { get; }

    /// <summary>The job as the head of the chain shows it now.</summary>
    public JobProgress Progress => Follower.Current;

    private protected JobFollower Follower { get; }

    /// <summary>One progress a change of the chain's head; ends with the job.</summary>
    public IAsyncEnumerable<JobProgress> FollowAsync(CancellationToken cancellation = default) => Follower.FollowAsync(cancellation);

    /// <summary>Waits until the job has ended: completed, cancelled or timed out.</summary>
    public Task<JobProgress> WaitForEndAsync(CancellationToken cancellation = default) => Follower.WaitForEndAsync(cancellation);
}
