using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Data.Text;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules.Architectures;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Schedules;

namespace TrainLocally;

/// <summary>The recipe of the transformer, which predicts the next character of a text.</summary>
internal sealed class TextTask
{
    private const float WeightDecay = 0.1f;
    private const float ClipNorm = 1;
    private const double MinimumFactor = 0.1;
    private const int WarmUpShare = 20;
    private const int LongestWarmUp = 200;

    private TextTask(TrainingTask training, CharVocabulary vocabulary, int[] trainTokens) =>
        (Training, Vocabulary, TrainTokens) = (training, vocabulary, trainTokens);

    public TrainingTask Training { get; }

    public CharVocabulary Vocabulary { get; }

    /// <summary>The training text, for the n-grams.</summary>
    public int[] TrainTokens { get; }

    /// <summary>Characters that the model sees.</summary>
    public int Context => ((TokenInput)Training.Spec.Input).Length;

    /// <summary>Reads the text and chooses the recipe.</summary>
    public static TextTask Create(TrainOptions options)
    {
        (TextCorpus train, TextCorpus heldOut, string source) = TextSource.Load(options.Data);
        GptConfig config = Sizes(options.Quick, train.Vocabulary.Count);
        if (train.Count <= config.BlockSize || heldOut.Count <= config.BlockSize)
        {
            throw new SampleException(
                $"--data: the text has {train.Count} characters to train on and {heldOut.Count} held out; each part needs more than {config.BlockSize}.");
        }

        Dataset windows = train.ToWindows(config.BlockSize);
        Defaults defaults = Defaults.Of(ModelKind.Transformer, Lane.Reproducible);
        int batch = defaults.BatchOf(options, windows.Count);
        long steps = defaults.StepsOf(options, windows.Count / batch);
        float rate = options.Rate ?? defaults.Rate;
        long warmUp = Math.Clamp(steps / WarmUpShare, 1, LongestWarmUp);
        TrainingTask task = new()
        {
            Name = $"transformer of {config.Layers} layers, width {config.Width}, {config.Heads} heads, context {config.BlockSize}, "
                + $"{config.VocabularySize} characters, on {source}",
            Train = windows,
            Test = heldOut.ToWindows(config.BlockSize),
            Steps = steps,
            Rate = rate,
            Spec = new TrainingSpec
            {
                Model = new Gpt(config),
                Input = new TokenInput(config.BlockSize),
                Loss = new CrossEntropyLoss { OfNextToken = true },
                Optimiser = new AdamW(rate)
                {
                    Beta2 = 0.99f,
                    WeightDecay = WeightDecay,
                    ClipNorm = ClipNorm,
                    Schedule = LearningRateSchedule.Cosine(Math.Max(1, steps - warmUp), MinimumFactor).WithWarmUp(warmUp),
                },
                BatchSize = batch,
                MaskSeed = unchecked((long)options.Seed),
            },
        };
        return new TextTask(task, train.Vocabulary, train.AsSpan().ToArray());
    }

    private static GptConfig Sizes(bool quick, int symbols) => quick
        ? new GptConfig(symbols, BlockSize: 32) { Layers = 2, Heads = 2, Width = 32 }
        : new GptConfig(symbols, BlockSize: 128) { Layers = 4, Heads = 4, Width = 128 };
}
