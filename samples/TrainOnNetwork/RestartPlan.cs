using PoUW.Sdk.Nodes;
using PoUW.Training.Clients;

namespace TrainOnNetwork;

/// <summary>
/// Stops a worker that holds a lease and a validator, each once in mid-run: the worker after a third of the rounds, as soon as an honest one
/// has a lease in force; the validator after a half.
/// </summary>
internal sealed class RestartPlan(TrainOptions options, SampleNetwork network)
{
    private bool _validatorDone = !options.Restarts;
    private bool _workerDone = !options.Restarts;

    public async Task RunAsync(JobProgress progress, ulong rounds, CancellationToken cancellation)
    {
        ulong round = progress.Job?.Round ?? 0;
        if (!_workerDone && (round + 1) * 3 >= rounds && HolderOfLease(progress) is { } worker)
        {
            _workerDone = true;
            await network.RestartAsync(worker, cancellation);
        }
        else if (!_validatorDone && (round + 1) * 2 >= rounds)
        {
            _validatorDone = true;
            await network.RestartAsync(network.Validators.ElementAt((int)(options.Seed % TrainOptions.Validators)), cancellation);
        }
    }

    private PouwNode? HolderOfLease(JobProgress progress) => network.Workers.FirstOrDefault(node =>
        !network.IsLiar(node) && progress.Working.Any(lease => lease.Worker == node.Address));
}
