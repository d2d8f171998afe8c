using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Text;

/// <summary>A text as tokens of a vocabulary; 4 bytes of memory a token. Immutable and thread-safe.</summary>
public sealed class TextCorpus
{
    /// <summary>Column of the tokens of a window.</summary>
    public const string Tokens = "tokens";

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly ReadOnlyMemory<int> _tokens;

    private TextCorpus(CharVocabulary vocabulary, ReadOnlyMemory<int> tokens) => (Vocabulary, _tokens) = (vocabulary, tokens);

    /// <summary>The symbols.</summary>
    public CharVocabulary Vocabulary { get; }

    /// <summary>Number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>The tokens.</summary>
    public ReadOnlySpan<int> AsSpan() => _tokens.Span;

    /// <summary>
    /// Reads files of UTF-8, plain or in gzip, and joins them in the given order with nothing between them. Invalid UTF-8 is refused with
    /// its file and offset; a byte order mark at the start of a file is dropped. Line ends stay as they are.
    /// </summary>
    public static ValidationResult TryRead(IReadOnlyList<string> paths, TextOptions options, DataLimits limits, out TextCorpus? corpus)
    {
        corpus = null;
        List<(string Name, ReadOnlyMemory<byte> Text)> texts = [];
        long total = 0;
        foreach (string path in paths)
        {
            ValidationResult result = DataFile.TryReadAll(path, limits, out byte[] bytes);
            if (!result.IsValid)
            {
                return result;
            }

            string name = Path.GetFileName(path);
            total += bytes.Length;
            if (total > limits.MaxArrayBytes)
            {
                return DataFile.Bad(name, "content", $"the files together are larger than {limits.MaxArrayBytes} bytes.", ValidationCode.TooLarge);
            }

            texts.Add((name, bytes));
        }

        return TryCreate(texts, options, limits, out corpus);
    }

    /// <summary>Makes a corpus of UTF-8 in memory.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="options">How it becomes tokens.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="corpus">The corpus.</param>
    public static ValidationResult TryParse(
        ReadOnlyMemory<byte> utf8, string name, TextOptions options, DataLimits limits, out TextCorpus? corpus) =>
        TryCreate([(name, utf8)], options, limits, out corpus);

    /// <summary>A part of the text with the same vocabulary. Shares the memory.</summary>
    public TextCorpus Slice(int first, int count) => new(Vocabulary, _tokens.Slice(first, count));

    /// <summary>
    /// Cuts the text into samples of <paramref name="length"/> + 1 tokens that start every <paramref name="length"/> tokens, so that every
    /// token but the first is predicted once: inputs are the first <paramref name="length"/> tokens of a sample, targets the last. Tokens
    /// at the end that fill no sample are left out.
    /// </summary>
    /// <returns>The column "tokens" [length + 1], UInt8 for at most 256 symbols, else Int32.</returns>
    /// <exception cref="ArgumentException">The text is shorter than one sample, or the samples are too large for an array.</exception>
    public Dataset ToWindows(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        int count = (Count - 1) / length;
        if (count < 1)
        {
            throw new ArgumentException($"A text of {Count} tokens has no window of {length} + 1.", nameof(length));
        }

        DatasetColumn column = new(Tokens, Vocabulary.TokenType, [length + 1]);
        if ((long)count * column.RecordBytes > Array.MaxLength)
        {
            throw new ArgumentException($"{count} windows of {column.RecordBytes} bytes are too large for an array.", nameof(length));
        }

        byte[] records = new byte[count * column.RecordBytes];
        for (int i = 0; i < count; i++)
        {
            Write(_tokens.Span.Slice(i * length, length + 1), column.Type, records.AsSpan(i * column.RecordBytes, column.RecordBytes));
        }

        return Dataset.Adopt([column], records);
    }

    private static void Write(ReadOnlySpan<int> tokens, TensorType type, Span<byte> target)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if (type == TensorType.UInt8)
            {
                target[i] = (byte)tokens[i];
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(target[(i * sizeof(int))..], tokens[i]);
            }
        }
    }

    private static ValidationResult TryCreate(
        List<(string Name, ReadOnlyMemory<byte> Text)> texts, TextOptions options, DataLimits limits, out TextCorpus? corpus)
    {
        corpus = null;
        for (int i = 0; i < texts.Count; i++)
        {
            (string name, ReadOnlyMemory<byte> text) = texts[i];
            if (InvalidAt(text.Span) is { } offset)
            {
                return DataFile.Bad(name, $"offset {offset}", "the bytes are not valid UTF-8.");
            }

            texts[i] = (name, text.Span.StartsWith(ByteOrderMark) ? text[ByteOrderMark.Length..] : text);
        }

        CharVocabulary? vocabulary = options.Vocabulary;
        if (vocabulary is null)
        {
            ValidationResult result = CharVocabulary.TryCollect(texts.Select(text => text.Text), options.Unit, limits, out vocabulary);
            if (!result.IsValid)
            {
                return DataFile.Bad(texts.Count == 0 ? "no file" : texts[0].Name, result.Field, result.Message, result.Code);
            }
        }

        List<int[]> parts = [];
        foreach ((string name, ReadOnlyMemory<byte> text) in texts)
        {
            ValidationResult result = vocabulary!.TryEncode(text.Span, name, options.Replacement, out int[] tokens);
            if (!result.IsValid)
            {
                return result;
            }

            parts.Add(tokens);
        }

        corpus = new TextCorpus(vocabulary!, parts.Count == 1 ? parts[0] : [.. parts.SelectMany(part => part)]);
        return ValidationResult.Ok;
    }

    /// <summary>The offset of the first byte that is not valid UTF-8, or null.</summary>
    private static int? InvalidAt(ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
        {
            return null;
        }

        int position = 0;
        while (Rune.DecodeFromUtf8(utf8[position..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            position += length;
        }

        return position;
    }
}
