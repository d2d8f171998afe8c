using System.CommandLine;
using System.Globalization;
using PoUW.Compute.Compilation;

namespace TrainLocally;

/// <summary>Declares and reads the options.</summary>
internal sealed class CommandLine
{
    public const int MaxEpochs = 1_000;
    public const int MaxSteps = 100_000_000;
    public const int MaxBatch = 4_096;
    public const int MaxThreads = 64;
    public const int MaxCharacters = 10_000;
    public const double MaxRate = 10;
    public const int MaxShift = 20;
    public const double MaxTemperature = 4;

    private const string Rate = "--lr";

    private static readonly string[] FileEndings = [".pt", ".safetensors"];

    private static readonly SortedDictionary<string, ModelKind> Models = new(StringComparer.Ordinal)
    {
        ["mlp"] = ModelKind.Mlp,
        ["cnn"] = ModelKind.Cnn,
        ["transformer"] = ModelKind.Transformer,
    };

    private static readonly SortedDictionary<string, Lane> Lanes = new(StringComparer.Ordinal)
    {
        ["r"] = Lane.Reproducible,
        ["i"] = Lane.Integer,
    };

    private static readonly SortedDictionary<string, RunnerKind> Runners = new(StringComparer.Ordinal)
    {
        ["eager"] = RunnerKind.Eager,
        ["machine"] = RunnerKind.Machine,
    };

    private readonly Option<string> _model = Named(
        "--model", "What is trained: a perceptron (mlp) or a convolutional net (cnn) on images, or a transformer on the characters of a text.", "mlp", Models.Keys);

    private readonly Option<string> _lane = Named("--lane", "Exact arithmetic: r for fp32 with a fixed order, i for integers.", "r", Lanes.Keys);

    private readonly Option<int?> _epochs = Ranged("--epochs", "Passes over the training data; the recipe of the model decides if not given.", MaxEpochs);

    private readonly Option<int?> _steps = Ranged("--steps", "Steps in place of --epochs.", MaxSteps);

    private readonly Option<int?> _batch = Ranged("--batch", "Samples of a step.", MaxBatch);

    private readonly Option<double?> _rate = Numeric(Rate, "Lane r: the highest learning rate. Lane i: the shift of the first stage, a whole number.", MaxRate);

    private readonly Option<string[]> _data = new("--data")
    {
        Description = "Images: 'bundled' (Fashion-MNIST, first 10,000), 'fashion-mnist' (all, from Debian's package or a checked download), or a folder with "
            + "the four IDX files. Text: a folder (*.cs, *.md, *.txt) or files; this repository if not given.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of weights, order and dropout.", DefaultValueFactory = _ => 1 };

    private readonly Option<int?> _threads = Ranged("--threads", "Threads; they do not change a bit. All processors if not given.", MaxThreads);

    private readonly Option<string> _runner = Named(
        "--runner", "eager calls the kernels, machine runs the program of the network; both give the same bits.", "eager", Runners.Keys);

    private readonly Option<string?> _resume = File("--resume", "Go on from a checkpoint, with the bits of a run that was never interrupted.");

    private readonly Option<string?> _checkpoint = File("--checkpoint", "Write a checkpoint after every epoch, at the end and on Ctrl-C.");

    private readonly Option<string?> _export = File("--export", "Write the weights with PyTorch's names.");

    private readonly Option<bool> _json = new("--json") { Description = "Plain output that ends with one JSON line." };

    private readonly Option<DirectoryInfo> _out = new("--out")
    {
        Description = "Folder for report.html and the vocabulary of a transformer.",
        DefaultValueFactory = _ => new DirectoryInfo("run"),
    };

    private readonly Option<bool> _quick = new("--quick") { Description = "A short run, unless --epochs or --steps say otherwise." };

    private readonly Option<double?> _temperature = Numeric("--temperature", "Transformer: of the generated text; 0 takes the likeliest character.", MaxTemperature);

    private readonly Option<int?> _characters = Ranged("--sample", "Transformer: characters to generate.", MaxCharacters);

    /// <summary>The command with its actions: what gets the options of a valid line, and what gets the error of one that is not.</summary>
    public static RootCommand Create(Func<TrainOptions, CancellationToken, Task<int>> run, Func<string, int> refuse)
    {
        CommandLine line = new();
        RootCommand root = new("Trains a neural network on this machine, bit for bit as the network would.")
        {
            line._model, line._lane, line._epochs, line._steps, line._batch, line._rate, line._data, line._seed, line._threads, line._runner,
            line._resume, line._checkpoint, line._export, line._json, line._out, line._quick, line._temperature, line._characters,
        };
        root.SetAction((parsed, cancellation) => line.Problem(parsed) is { } problem
            ? Task.FromResult(refuse(problem))
            : run(line.Read(parsed), cancellation));
        return root;
    }

    private TrainOptions Read(ParseResult parsed) => new()
    {
        Model = Models[parsed.GetValue(_model)!],
        Lane = Lanes[parsed.GetValue(_lane)!],
        Epochs = parsed.GetValue(_epochs),
        Steps = parsed.GetValue(_steps),
        Batch = parsed.GetValue(_batch),
        Rate = (float?)parsed.GetValue(_rate),
        Data = parsed.GetValue(_data) ?? [],
        Seed = parsed.GetValue(_seed),
        Threads = parsed.GetValue(_threads) ?? Math.Min(MaxThreads, Environment.ProcessorCount),
        Runner = Runners[parsed.GetValue(_runner)!],
        Resume = parsed.GetValue(_resume),
        Checkpoint = parsed.GetValue(_checkpoint),
        Export = parsed.GetValue(_export),
        Json = parsed.GetValue(_json),
        Out = parsed.GetValue(_out)!,
        Quick = parsed.GetValue(_quick),
        Temperature = parsed.GetValue(_temperature) ?? 0.8,
        Characters = parsed.GetValue(_characters) ?? 400,
    };

    /// <summary>What is wrong with options together, each of which is right.</summary>
    private string? Problem(ParseResult parsed)
    {
        bool isText = Models[parsed.GetValue(_model)!] == ModelKind.Transformer;
        bool isIntegers = Lanes[parsed.GetValue(_lane)!] == Lane.Integer;
        if (isText && isIntegers)
        {
            return "--lane is 'i', but attention, layer norm and GELU have no integer form; --model transformer allows --lane r only.";
        }

        if (parsed.GetValue(_epochs) is not null && parsed.GetValue(_steps) is not null)
        {
            return "--epochs and --steps are both given; allowed is one of them.";
        }

        if (!isText && parsed.GetValue(_data) is { Length: > 1 } names)
        {
            return $"--data has {names.Length} values; images allow one.";
        }

        string? given = ((Option[])[_temperature, _characters]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;
        return !isText && given is not null
            ? $"{given} is given, but only --model transformer writes text."
            : RateProblem(parsed.GetValue(_rate), isIntegers);
    }

    private static string? RateProblem(double? rate, bool isIntegers)
    {
        bool isWrong = isIntegers ? rate is { } shift && shift != Math.Floor(shift) : rate > MaxRate;
        string allowed = isIntegers ? $"in lane i it is a shift, and allowed are the whole numbers 0 to {MaxShift}" : $"allowed is 0 to {MaxRate}";
        return isWrong ? string.Create(CultureInfo.InvariantCulture, $"--lr is {rate}; {allowed}.") : null;
    }

    private static Option<string> Named(string name, string description, string standard, ICollection<string> values)
    {
        Option<string> option = new(name) { Description = $"{description} ({string.Join(", ", values)})", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }] && !values.Contains(text))
            {
                result.AddError($"{name} is '{text}'; allowed is {string.Join(", ", values)}.");
            }
        });
        return option;
    }

    private static Option<int?> Ranged(string name, string description, int max)
    {
        Option<int?> option = new(name) { Description = $"{description} 1 to {max}." };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }]
                && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= max))
            {
                result.AddError($"{name} is {text}; allowed is 1 to {max}.");
            }
        });
        return option;
    }

    private static Option<double?> Numeric(string name, string description, double max)
    {
        // The shifts of lane i go further than rates; which of them is meant is checked with the lane.
        double limit = name == Rate ? Math.Max(max, MaxShift) : max;
        string allowed = name == Rate ? $"0 to {max}, in lane i 0 to {MaxShift}" : $"0 to {max}";
        Option<double?> option = new(name) { Description = $"{description} {allowed}." };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }]
                && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 0 && value <= limit))
            {
                result.AddError($"{name} is {text}; allowed is {allowed}.");
            }
        });
        return option;
    }

    private static Option<string?> File(string name, string description)
    {
        Option<string?> option = new(name) { Description = $"{description} {string.Join(" or ", FileEndings)}." };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }] && !FileEndings.Contains(Path.GetExtension(text)))
            {
                result.AddError($"{name} is '{text}'; allowed is a file that ends with {string.Join(" or ", FileEndings)}.");
            }
        });
        return option;
    }
}
