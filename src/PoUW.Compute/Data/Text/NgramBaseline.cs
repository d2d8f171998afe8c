using System.Buffers.Binary;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Text;

/// <summary>
/// An interpolated n-gram model of tokens, the figure that a trained model of text has to beat. Smoothing is the modified one of Kneser
/// and Ney as Chen and Goodman give it (An Empirical Study of Smoothing Techniques for Language Modeling, 1998):
/// p(w | h) = (c(h w) - D(c(h w)) + g(h) p(w | h')) / c(h), where c counts the longest n-grams, and for shorter ones the different tokens
/// before them; D takes one of three discounts, for counts of 1, 2 and more, estimated from how many n-grams have counts of 1 to 4; g(h)
/// is the sum of the discounts; h' is the history without its oldest token, and below the unigrams every symbol is equally likely.
/// Immutable and thread-safe. Its figures are for people: they use floating point and reach no hash.
/// </summary>
public sealed class NgramBaseline
{
    /// <summary>The longest n-gram that is supported.</summary>
    public const int MaxOrder = 6;

    private readonly Level[] _levels;
    private readonly int _symbols;

    private NgramBaseline(ReadOnlySpan<int> tokens, int symbols, int order)
    {
        _symbols = symbols;
        _levels = [.. Enumerable.Range(0, order).Select(_ => new Level())];
        long size = 1;
        long[] sizes = new long[order];
        for (int length = 0; length < order; length++)
        {
            sizes[length] = size *= symbols;
        }

        for (int i = order - 1; i < tokens.Length; i++)
        {
            long gram = KeyOf(tokens.Slice(i - order + 1, order));

            // A shorter n-gram counts once for each longer one that ends in it.
            for (int length = order - 1; length >= 0 && _levels[length].Count(gram % sizes[length]); length--)
            {
            }
        }

        foreach (Level level in _levels)
        {
            level.Finish(symbols);
        }
    }

    /// <summary>Length of the n-grams: 3 for trigrams.</summary>
    public int Order => _levels.Length;

    /// <summary>Counts the n-grams of a text. Memory: about 40 bytes for each different one, of any length up to the order.</summary>
    /// <param name="tokens">The training text, at least as long as the order.</param>
    /// <param name="symbols">Size of the vocabulary.</param>
    /// <param name="order">1 to <see cref="MaxOrder"/>; <paramref name="symbols"/> to this power must fit 63 bits.</param>
    /// <exception cref="ArgumentException">The text is too short, a token is not below <paramref name="symbols"/>, or an argument is out of range.</exception>
    public static NgramBaseline Train(ReadOnlySpan<int> tokens, int symbols, int order = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, MaxOrder);
        ArgumentOutOfRangeException.ThrowIfLessThan(symbols, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, order, nameof(tokens));
        Int128 grams = Enumerable.Repeat((Int128)symbols, order).Aggregate((product, size) => product > long.MaxValue ? product : product * size);
        if (grams > long.MaxValue)
        {
            throw new ArgumentException($"{order}-grams of {symbols} symbols are too many to number.", nameof(order));
        }

        CheckTokens(tokens, symbols);
        return new NgramBaseline(tokens, symbols, order);
    }

    /// <summary>
    /// Mean bits a token of a text that was not trained on. Every token counts, also the first ones, which have a shorter history.
    /// </summary>
    /// <exception cref="ArgumentException">The text is empty, or a token is not in the vocabulary.</exception>
    public double BitsPerToken(ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 1, nameof(tokens));
        CheckTokens(tokens, _symbols);
        CodeLength length = new();
        Add(ref length, tokens, first: 0);
        return length.Bits / tokens.Length;
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

        CodeLength length = new();
        int[] tokens = new int[column.Width];
        for (int i = 0; i < windows.Count; i++)
        {
            ReadOnlySpan<byte> value = windows.Value(i, TextCorpus.Tokens);
            for (int t = 0; t < tokens.Length; t++)
            {
                tokens[t] = column.Type == TensorType.UInt8 ? value[t] : BinaryPrimitives.ReadInt32LittleEndian(value[(t * sizeof(int))..]);
            }

            CheckTokens(tokens, _symbols);
            Add(ref length, tokens, first: 1);
        }

        return length.Bits / ((double)windows.Count * (column.Width - 1));
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

    private void Add(ref CodeLength length, ReadOnlySpan<int> tokens, int first)
    {
        for (int i = first; i < tokens.Length; i++)
        {
            length.Add(Probability(tokens[Math.Max(0, i - Order + 1)..i], tokens[i]));
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

    /// <summary>Counts of the n-grams of one length. Written while the text is counted, before anybody else sees the model.</summary>
    private sealed class Level
    {
        private const int Classes = 3;
        private const double LeastDiscount = 0.01;

        private readonly Dictionary<long, int> _grams = [];
        private readonly Dictionary<long, (int Total, double Discounts)> _histories = [];
        private readonly double[] _discounts = new double[Classes + 1];

        /// <summary>Counts an n-gram; true if it is a new one.</summary>
        public bool Count(long gram)
        {
            int count = _grams.GetValueOrDefault(gram);
            _grams[gram] = count + 1;
            return count == 0;
        }

        /// <summary>Estimates the discounts and sums up the histories.</summary>
        public void Finish(int symbols)
        {
            int[] counts = new int[Classes + 2];
            foreach (int count in _grams.Values.Where(count => count <= Classes + 1))
            {
                counts[count]++;
            }

            double ratio = counts[1] == 0 ? 0.5 : counts[1] / (counts[1] + (2.0 * counts[2]));
            for (int i = 1; i <= Classes; i++)
            {
                // Where too few n-grams have a count, as in short texts, half of it is taken.
                double discount = counts[i] == 0 ? i / 2.0 : i - ((i + 1) * ratio * counts[i + 1] / counts[i]);
                _discounts[i] = Math.Clamp(discount, LeastDiscount, i);
            }

            foreach ((long gram, int count) in _grams)
            {
                (int total, double discounts) = _histories.GetValueOrDefault(gram / symbols);
                _histories[gram / symbols] = (total + count, discounts + Discount(count));
            }
        }

        public double Probability(long history, int token, int symbols, double shorter)
        {
            if (!_histories.TryGetValue(history, out (int Total, double Discounts) seen))
            {
                return shorter;
            }

            int count = _grams.GetValueOrDefault((history * symbols) + token);
            return (count - Discount(count) + (seen.Discounts * shorter)) / seen.Total;
        }

        private double Discount(int count) => _discounts[Math.Min(count, Classes)];
    }
}
