using PoUW.Compute.Data.Text;

namespace TrainLocally;

/// <summary>How a transformer does beside n-grams, and what it writes.</summary>
/// <param name="BitsPerCharacter">Of the model, on the held-out windows.</param>
/// <param name="Baselines">Of n-grams on the same windows: order and bits a character.</param>
/// <param name="Sample">Text that the model wrote.</param>
internal sealed record TextResult(double BitsPerCharacter, IReadOnlyList<(int Order, double Bits)> Baselines, string Sample)
{
    /// <summary>The baseline, and the longest n-grams that are supported as a harder one.</summary>
    private static readonly int[] Orders = [3, NgramBaseline.MaxOrder];

    private const double BitsPerNat = 1.4426950408889634;

    /// <summary>Measures a trained model.</summary>
    public static TextResult Measure(TextTask task, TrainOptions options, LocalTraining training, double testLoss, CancellationToken cancellation)
    {
        (int, double)[] baselines = [.. Orders.Select(order =>
            (order, NgramBaseline.Train(task.TrainTokens, task.Vocabulary.Count, order).BitsPerToken(task.Training.Test)))];
        TextGenerator generator = new(task, options, training.Runner, training.Backend);
        int[] start = task.TrainTokens[..Math.Min(task.Context / 4, task.TrainTokens.Length)];
        int[] written = generator.Continue(start, options.Characters, options.Temperature, options.Seed, cancellation);
        return new TextResult(testLoss * BitsPerNat, baselines, task.Vocabulary.Decode(written));
    }
}
