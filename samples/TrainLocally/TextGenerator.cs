using PoUW.Compute.Data.Text;
using PoUW.Compute.Runners;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace TrainLocally;

/// <summary>
/// Writes text with a trained transformer, one character after the other. Exponentials are those of the machine and random numbers are
/// Philox with the seed as key, so the same weights write the same text everywhere.
/// </summary>
internal sealed class TextGenerator
{
    // "text", so that no other use of the seed has this stream.
    private const ulong Stream = 0x74657874;

    private readonly ModelRunner _runner;
    private readonly Tensor _window;
    private readonly int _context;
    private readonly int _symbols;

    /// <summary>Compiles the model for one sequence and gives it the state of a trained runner.</summary>
    public TextGenerator(TextTask task, TrainOptions options, ModelRunner trained, ITensorBackend backend)
    {
        (_context, _symbols) = (task.Context, task.Vocabulary.Count);
        _runner = TrainingTask.CreateRunner(task.Training.Spec with { BatchSize = 1 }, task.Training.Test.Take(1), options, backend);
        LocalTraining.CopyState(trained, _runner);
        _window = new Tensor(TensorType.Int32, 1, _context + 1);
    }

    /// <summary>Continues a text.</summary>
    /// <param name="start">Tokens to begin with, at least one.</param>
    /// <param name="count">Tokens to write.</param>
    /// <param name="temperature">0 takes the likeliest token.</param>
    /// <param name="seed">Seed of the choices.</param>
    /// <param name="cancellation">Observed between tokens.</param>
    /// <returns>The start and what was written.</returns>
    public int[] Continue(ReadOnlySpan<int> start, int count, double temperature, ulong seed, CancellationToken cancellation)
    {
        List<int> tokens = [.. start];
        for (int i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<float> scores = Scores(tokens);
            uint word = Philox4x32.Block(seed, Stream, (ulong)i).X0;
            tokens.Add(temperature > 0 ? Draw(scores, (float)temperature, word) : Best(scores));
        }

        return [.. tokens];
    }

    /// <summary>The scores of the next token. Tokens behind the last one are ignored, since the model looks back only.</summary>
    private ReadOnlySpan<float> Scores(List<int> tokens)
    {
        int seen = Math.Min(tokens.Count, _context);
        Span<int> window = _window.Int32;
        window.Clear();
        for (int i = 0; i < seen; i++)
        {
            window[i] = tokens[tokens.Count - seen + i];
        }

        _runner.SetInput(TextCorpus.Tokens, _window);
        return _runner.Predict(0).AsSpan((seen - 1) * _symbols, _symbols);
    }

    private static int Best(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }

    /// <summary>Draws from softmax(scores / temperature). Sums are in binary64 in the order of the tokens.</summary>
    private static int Draw(ReadOnlySpan<float> scores, float temperature, uint word)
    {
        float highest = scores[Best(scores)];
        double sum = 0;
        foreach (float score in scores)
        {
            sum += Weight(score, highest, temperature);
        }

        double place = word * sum / (1L << 32);
        for (int i = 0; i < scores.Length; i++)
        {
            place -= Weight(scores[i], highest, temperature);
            if (place < 0)
            {
                return i;
            }
        }

        return Best(scores);
    }

    private static double Weight(float score, float highest, float temperature) => Fp32.Exp((score - highest) / temperature);
}
