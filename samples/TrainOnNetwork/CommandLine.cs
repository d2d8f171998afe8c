using System.CommandLine;
using PoUW.Simulation.Faults;
using Samples.Shared.Jobs;

namespace TrainOnNetwork;

/// <summary>Declares and reads the options.</summary>
internal static class CommandLine
{
    public const int MaxWorkers = 64;
    public const int MaxEpochs = 1_000;
    private const string Tcp = "tcp";
    private const string Memory = "memory";

    private static readonly SortedDictionary<string, LieKind> LieKinds = new(StringComparer.Ordinal)
    {
        ["wrong-update"] = LieKind.WrongUpdate,
        ["skip-step"] = LieKind.SkipStep,
        ["wrong-batch"] = LieKind.WrongBatch,
        ["one-lsb"] = LieKind.OneLsb,
        ["withhold"] = LieKind.Withhold,
    };

    private static readonly SortedDictionary<string, ModelKind> Models = new(StringComparer.Ordinal)
    {
        ["mlp"] = ModelKind.Mlp,
        ["cnn"] = ModelKind.Cnn,
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Training data: 'bundled' (first 10,000 images), 'fashion-mnist' (the full set, from Debian's package or a checked download), "
            + "or a folder with the four IDX files.",
        DefaultValueFactory = _ => "bundled",
    };

    private static readonly Option<ulong> Seed = new("--seed") { Description = "Seed of the initial weights.", DefaultValueFactory = _ => 1 };

    private static readonly Option<int> Workers = Ranged("--workers", "Number of worker nodes.", 4, MaxWorkers);

    private static readonly Option<int> Epochs = Ranged("--epochs", "Passes over the training data.", TrainOptions.DefaultEpochs, MaxEpochs);

    private static readonly Option<bool> Quick = new("--quick") { Description = $"A short run: {TrainOptions.QuickEpochs} epochs unless --epochs says otherwise." };

    private static readonly Option<DirectoryInfo> Out = new("--out")
    {
        Description = "Folder for model.safetensors and the nodes' stores.",
        DefaultValueFactory = _ => new DirectoryInfo("run"),
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Plain output that ends with one JSON line." };

    private static readonly Option<bool> ShowProgram = new("--show-program") { Description = "Print the compiled training program and stop." };

    private static readonly Option<int> Liars = new("--liars")
    {
        Description = "Workers that lie about their units; fewer than all of them. One, unless there is only one worker.",
    };

    private static readonly Option<string> Lie = Named("--lie", "How liars lie.", "wrong-update", LieKinds.Keys);

    private static readonly Option<string> Model =
        Named("--model", "What is trained: a perceptron 784-256-10 (mlp), or two convolutions and a linear layer (cnn).", "mlp", Models.Keys);

    private static readonly Option<string> Transport =
        Named("--transport", "What carries the bytes: TCP on loopback, or pipes in memory. The trained weights are the same bits.", Tcp, [Memory, Tcp]);

    private static readonly Option<bool> NoRestarts = new("--no-restarts")
    {
        Description = "Do not stop and restart a validator and a worker in mid-run. The trained weights are the same bits.",
    };

    private static readonly Option<bool> NoTickets = new("--no-tickets")
    {
        Description = "Draw tickets from the commons product only. The trained weights are the same bits.",
    };

    /// <summary>The command with its action, which gets the options of a valid line.</summary>
    public static RootCommand Create(Func<TrainOptions, CancellationToken, Task<int>> run)
    {
        RootCommand root = new("Trains a neural network on a proof-of-useful-work chain: one client, workers and validators in one process.")
        {
            Data, Model, Seed, Workers, Epochs, Quick, Out, Json, ShowProgram, Liars, Lie, Transport, NoRestarts, NoTickets,
        };
        root.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        return root;
    }

    private static TrainOptions Read(ParseResult parsed)
    {
        bool epochsGiven = parsed.GetResult(Epochs) is { Implicit: false };
        bool quick = parsed.GetValue(Quick);
        int workers = parsed.GetValue(Workers);
        int liars = parsed.GetResult(Liars) is { Implicit: false } ? parsed.GetValue(Liars) : Math.Min(1, workers - 1);
        return new TrainOptions(
            parsed.GetValue(Data)!, parsed.GetValue(Seed), workers,
            quick && !epochsGiven ? TrainOptions.QuickEpochs : parsed.GetValue(Epochs),
            parsed.GetValue(Out)!, parsed.GetValue(Json), parsed.GetValue(ShowProgram),
            liars, LieKinds[parsed.GetValue(Lie)!], !parsed.GetValue(NoRestarts), Models[parsed.GetValue(Model)!],
            parsed.GetValue(Transport) == Tcp, parsed.GetValue(NoTickets));
    }

    private static Option<string> Named(string name, string description, string standard, ICollection<string> values)
    {
        Option<string> option = new(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }] && !values.Contains(text))
            {
                result.AddError($"{name} is '{text}'; allowed is {string.Join(", ", values)}.");
            }
        });
        return option;
    }

    private static Option<int> Ranged(string name, string description, int standard, int max)
    {
        Option<int> option = new(name) { Description = $"{description} 1 to {max}.", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            // A value that is no number at all is reported by the parser itself.
            if (result.Tokens is [{ Value: { } text }] && int.TryParse(text, out int value) && (value < 1 || value > max))
            {
                result.AddError($"{name} is {value}; allowed is 1 to {max}.");
            }
        });
        return option;
    }
}
