using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Tests.Nodes;
using PoUW.Storage.Sqlite;
using PoUW.Training.Clients;

namespace PoUW.Sdk.Tests.Audits;

/// <summary>A validator and a worker with a lease go down in mid-job and come back from their stores.</summary>
[TestFixture]
public sealed class RestartTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-restarts-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    [CancelAfter(120_000)]
    public async Task Restarts_in_mid_run_change_neither_the_weights_nor_what_is_paid(CancellationToken cancellation)
    {
        (Hash256 weights, Amount paid) = await TrainAsync(restart: false, cancellation);
        Assert.That(await TrainAsync(restart: true, cancellation), Is.EqualTo((weights, paid)));
    }

    private async Task<(Hash256 Weights, Amount Paid)> TrainAsync(bool restart, CancellationToken cancellation)
    {
        SqliteKeyValueStore Open(string name) => new(Path.Combine(_folder, $"{name}-{restart}.db"));
        await using TestNetwork network = await TestNetwork.StartAsync(workers: 2, validators: 3, stores: Open);
        TrainingJob job = await network.Client.SubmitJobAsync(TestNetwork.Request(steps: 12, audited: true));
        bool workerDone = !restart;
        bool validatorDone = !restart;
        await foreach (JobProgress progress in job.FollowAsync(cancellation))
        {
            if (!validatorDone && progress.Job is { Round: >= 1 })
            {
                validatorDone = true;
                await RestartAsync(network, "validator-1", NodeRoles.Validator, Open);
            }
            else if (!workerDone && progress.Working.Any(lease => lease.Worker == TestNetwork.Key("worker-1").Address))
            {
                workerDone = true;
                await RestartAsync(network, "worker-1", NodeRoles.Worker, Open);
            }
        }

        JobState end = job.Progress.Job!;
        Assert.That(end.Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(end.Convictions, Is.Zero, "a restart is no lie");
        Assert.That((workerDone, validatorDone), Is.EqualTo((true, true)));
        return ((await job.LoadModelAsync(cancellation)).WeightsHash, end.Paid);
    }

    private static async Task RestartAsync(TestNetwork network, string name, NodeRoles roles, Func<string, SqliteKeyValueStore> open)
    {
        PouwNode node = network.Nodes.Find(candidate => candidate.Name == name)!;
        network.Nodes.Remove(node);
        await node.DisposeAsync();
        await network.AddAsync(name, roles, open(name));
    }
}
