using PoUW.Simulation.Faults;
using Samples.Shared.Jobs;

namespace TrainOnNetwork;

/// <summary>What the command line asks for.</summary>
/// <param name="Data">"bundled", "fashion-mnist", or a folder with the four IDX files.</param>
/// <param name="Seed">Seed of the initial weights and of the sample's keys.</param>
/// <param name="Workers">Number of worker nodes.</param>
/// <param name="Epochs">Passes over the training data.</param>
/// <param name="Out">Folder for the model and the nodes' stores.</param>
/// <param name="Json">Plain output that ends with one JSON line.</param>
/// <param name="ShowProgram">Print the compiled program and stop.</param>
/// <param name="Liars">Workers that lie about their units.</param>
/// <param name="Lie">How they lie.</param>
/// <param name="Restarts">True to stop a validator and a worker once in mid-run and to start them again from their stores.</param>
/// <param name="Model">What is trained.</param>
/// <param name="Tcp">True for TCP on loopback; false for the in-memory transport.</param>
/// <param name="NoTickets">Train without drawing tickets from the training products; the weights are the same bits.</param>
internal sealed record TrainOptions(
    string Data, ulong Seed, int Workers, int Epochs, DirectoryInfo Out, bool Json, bool ShowProgram, int Liars, LieKind Lie, bool Restarts,
    ModelKind Model, bool Tcp, bool NoTickets)
{
    public const int Validators = 4;

    public const int DefaultEpochs = 24;
    public const int QuickEpochs = 3;
}
