using System.Buffers.Binary;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Text;

/// <summary>
/// An interpolated n-gram model of tokens, the figure that a trained model of text has to beat. Smoothing is that of Witten and Bell
/// (IEEE Trans. Information Theory 37(4), 1991): p(w | h) = (count(h w) + s d p(w | h')) / (count(h) + s d), where d is the number of
/// different tokens seen after h, h' the history without its oldest token, and below the unigrams every symbol is equally likely. Witten
/// and Bell have s = 1; here s is tuned for each length of history on the last tenth of the training text (at most 50,000 tokens), with counts of the rest,
/// before all of it is counted, so the baseline is at least as strong as the standard one on text of the same kind. Immutable and
/// thread-safe. Its figures are for people: they use floating point and reach no hash.
/// </summary>
public sealed class NgramBaseline
{
    /// <summary>The longest n-gram that is supported.</summary>
    public const int MaxOrder = 5;

    private const int HeldOutShare = 10;
    private const int MaxHeldOut = 50_000;
    private const int TuningPasses = 2;

    private static readonly double[] Strengths = [0.0625, 0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];

    private readonly Level[] _levels;
    private readonly int _symbols;

    private NgramBaseline(ReadOnlySpan<int> tokens, int symbols, double[] strengths)
    {
        _symbols = symbols;
        _levels = new Level[strengths.Length];
        for (int history = 0; history < _levels.Length; history++)
        {
            _levels[history] = new Level(strengths[history]);
            for (int i = history; i < tokens.Length; i++)
            {
                _levels[history].Count(KeyOf(tokens.Slice(i - history, history)), tokens[i], symbols);
            }
        }
    }

    /// <summary>Length of the n-grams: 3 for trigrams.</summary>
    public int Order => _levels.Length;

    /// <summary>Counts and tunes. Memory: about 40 bytes for each different n-gram.</summary>
    /// <param name="tokens">The training text; 20 tokens or more.</param>
    /// <param name="symbols">Size of the vocabulary.</param>
    /// <param name="order">1 to <see cref="MaxOrder"/>; <paramref name="symbols"/> to this power must fit 63 bits.</param>
    /// <exception cref="ArgumentException">The text is too short, a token is not below <paramref name="symbols"/>, or an argument is out of range.</exception>
    public static NgramBaseline Train(ReadOnlySpan<int> tokens, int symbols, int order = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, MaxOrder);
        ArgumentOutOfRangeException.ThrowIfLessThan(symbols, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 2 * HeldOutShare, nameof(tokens));
        Int128 grams = Enumerable.Repeat((Int128)symbols, order).Aggregate((product, size) => product > long.MaxValue ? product : product * size);
        if (grams > long.MaxValue)
        {
            throw new ArgumentException($"{order}-grams of {symbols} symbols are too many to number.", nameof(order));
        }

        CheckTokens(tokens, symbols);
        double[] strengths = new double[order];
        Array.Fill(strengths, 1);
        Tune(tokens, symbols, strengths);
        return new NgramBaseline(tokens, symbols, strengths);
    }

    /// <summary>
    /// Mean bits a token of a text that was not trained on. Every token counts, also the first ones, which have a shorter history.
    /// </summary>
    /// <exception cref="ArgumentException">The text is empty, or a token is not in the vocabulary.</exception>
    public double BitsPerToken(ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 1, nameof(tokens));
        CheckTokens(tokens, _symbols);
        return Bits(tokens, first: 0) / tokens.Length;
    }

    /// <summary>
    /// Mean bits a predicted token of samples that <see cref="TextCorpus.ToWindows"/> made: all tokens of a sample but the first, each
    /// with the history that the sample has, which is what a model that sees one sample at a time has too.
    /// </summary>
    /// <exception cref="ArgumentException">There is no column "tokens", it has one token, or a token is not in the vocabulary.</exception>
    public double BitsPerToken(Dataset windows)
    {
        DatasetColumn column = windows.Column(TextCorpus.Tokens);
        if (column.Width < 2 || column.Type == TensorType.Float32)
        {
            throw new ArgumentException($"The column {column} has no tokens to predict.", nameof(windows));
        }

        double bits = 0;
        int[] tokens = new int[column.Width];
        for (int i = 0; i < windows.Count; i++)
        {
            ReadOnlySpan<byte> value = windows.Value(i, TextCorpus.Tokens);
            for (int t = 0; t < tokens.Length; t++)
            {
                tokens[t] = column.Type == TensorType.UInt8 ? value[t] : BinaryPrimitives.ReadInt32LittleEndian(value[(t * sizeof(int))..]);
            }

            CheckTokens(tokens, _symbols);
            bits += Bits(tokens, first: 1);
        }

        return bits / ((double)windows.Count * (column.Width - 1));
    }

    /// <summary>The probability of a token after a history, of which at most the last <see cref="Order"/> - 1 tokens matter.</summary>
    public double Probability(ReadOnlySpan<int> history, int token)
    {
        double probability = 1.0 / _symbols;
        for (int length = 0; length <= Math.Min(history.Length, Order - 1); length++)
        {
            probability = _levels[length].Probability(KeyOf(history[^length..]), token, _symbols, probability);
        }

        return probability;
    }

    private double Bits(ReadOnlySpan<int> tokens, int first)
    {
        double bits = 0;
        for (int i = first; i < tokens.Length; i++)
        {
            bits -= Math.Log2(Probability(tokens[Math.Max(0, i - Order + 1)..i], tokens[i]));
        }

        return bits;
    }

    /// <summary>Coordinate descent over the table of strengths, from the shortest history up.</summary>
    private static void Tune(ReadOnlySpan<int> tokens, int symbols, double[] strengths)
    {
        int kept = tokens.Length - Math.Min(tokens.Length / HeldOutShare, MaxHeldOut);
        NgramBaseline model = new(tokens[..kept], symbols, strengths);
        ReadOnlySpan<int> heldOut = tokens[kept..];
        double best = model.Bits(heldOut, first: 0);
        for (int pass = 0; pass < TuningPasses; pass++)
        {
            for (int level = 0; level < strengths.Length; level++)
            {
                foreach (double strength in Strengths)
                {
                    model._levels[level].Strength = strength;
                    double bits = model.Bits(heldOut, first: 0);
                    if (bits < best)
                    {
                        (best, strengths[level]) = (bits, strength);
                    }
                }

                model._levels[level].Strength = strengths[level];
            }
        }
    }

    private static void CheckTokens(ReadOnlySpan<int> tokens, int symbols)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)symbols)
            {
                throw new ArgumentException($"Token {token} is outside a vocabulary of {symbols} symbols.", nameof(tokens));
            }
        }
    }

    private long KeyOf(ReadOnlySpan<int> history)
    {
        long key = 0;
        foreach (int token in history)
        {
            key = (key * _symbols) + token;
        }

        return key;
    }

    /// <summary>Counts of one length of history.</summary>
    private sealed class Level(double strength)
    {
        private readonly Dictionary<long, (int Total, int Different)> _histories = [];
        private readonly Dictionary<long, int> _grams = [];

        /// <summary>Weight of the shorter history; written only while it is tuned, before anybody else sees the model.</summary>
        public double Strength { get; set; } = strength;

        public void Count(long history, int token, int symbols)
        {
            long gram = (history * symbols) + token;
            int count = _grams.GetValueOrDefault(gram);
            _grams[gram] = count + 1;
            (int total, int different) = _histories.GetValueOrDefault(history);
            _histories[history] = (total + 1, count == 0 ? different + 1 : different);
        }

        public double Probability(long history, int token, int symbols, double shorter)
        {
            if (!_histories.TryGetValue(history, out (int Total, int Different) seen))
            {
                return shorter;
            }

            double weight = Strength * seen.Different;
            return (_grams.GetValueOrDefault((history * symbols) + token) + (weight * shorter)) / (seen.Total + weight);
        }
    }
}
