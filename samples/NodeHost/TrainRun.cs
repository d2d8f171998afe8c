using System.Diagnostics;
using PoUW.Compute.Data;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Training.Clients;
using Samples.Shared.Jobs;

namespace NodeHost;

/// <summary>Submits the main job from this node, follows it, and writes the model into the node's folder.</summary>
internal sealed class TrainRun(PouwNode node, HostOptions options, int epochs, TextWriter output)
{
    private const ulong Seed = 1;

    /// <summary>Runs until the model is written. The node goes on after that.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        (Dataset train, Dataset test) = await ImageSource.LoadAsync("bundled", cancellation);
        await WaitForPeerAsync(cancellation);
        long started = Stopwatch.GetTimestamp();
        TrainingJob job = await node.SubmitJobAsync(ImageJob.CreateRequest(ModelKind.Mlp, train, Seed, epochs));
        await FollowAsync(job, cancellation);
        TrainedModel model = await job.LoadModelAsync(cancellation);
        string path = Path.Combine(options.Data.FullName, "model.safetensors");
        model.SaveSafetensors(path);
        JobProgress end = job.Progress;
        Write(new TrainedLine(
            "trained", options.Name, job.Id.ToString(), end.Job!.Status.ToString(), model.WeightsHash.ToString(), model.Evaluate(test).Accuracy, end.Height,
            Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1), path));
    }

    // A job that is told to nobody would wait until somebody connects anyway.
    private async Task WaitForPeerAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        while (options.Bootstrap.Count > 0 && node.Peers.Count == 0 && await timer.WaitForNextTickAsync(cancellation))
        {
            continue;
        }
    }

    private async Task FollowAsync(TrainingJob job, CancellationToken cancellation)
    {
        ulong told = 0;
        await foreach (JobProgress progress in job.FollowAsync(cancellation))
        {
            if (progress.Job is { Round: var round } state && round > told)
            {
                told = round;
                Write(new ProgressLine("progress", options.Name, round, state.Manifest.RoundCount, progress.Height));
            }
        }
    }

    private void Write<T>(T line)
    {
        output.WriteLine(JsonLines.Write(line));
        output.Flush();
    }
}
