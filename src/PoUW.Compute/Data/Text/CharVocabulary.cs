using System.Text;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Text;

/// <summary>
/// The symbols that a model of text knows, sorted by code point; a token is the position of its symbol. Immutable and thread-safe.
/// </summary>
public sealed class CharVocabulary
{
    private readonly int[] _symbols;
    private readonly int[] _latin = new int[256];

    /// <summary>Creates a vocabulary of characters.</summary>
    /// <param name="characters">The characters in any order; repeated ones count once.</param>
    /// <exception cref="ArgumentException">There is no character.</exception>
    public CharVocabulary(IEnumerable<Rune> characters)
        : this(TextUnit.Character, characters.Select(rune => rune.Value))
    {
    }

    private CharVocabulary(TextUnit unit, IEnumerable<int> symbols)
    {
        Unit = unit;
        _symbols = [.. symbols.Distinct().Order()];
        if (_symbols.Length == 0)
        {
            throw new ArgumentException("A vocabulary has at least one symbol.", nameof(symbols));
        }

        for (int i = 0; i < _latin.Length; i++)
        {
            _latin[i] = Array.BinarySearch(_symbols, i);
        }
    }

    /// <summary>All 256 bytes: token and byte are the same number.</summary>
    public static CharVocabulary Bytes { get; } = new(TextUnit.Byte, Enumerable.Range(0, 256));

    /// <summary>What one symbol is.</summary>
    public TextUnit Unit { get; }

    /// <summary>Number of symbols.</summary>
    public int Count => _symbols.Length;

    /// <summary>The code points, or the bytes, in the order of their tokens.</summary>
    public IReadOnlyList<int> Symbols => Array.AsReadOnly(_symbols);

    /// <summary>The type that holds a token: UInt8 for at most 256 symbols, else Int32.</summary>
    public TensorType TokenType => Count <= 256 ? TensorType.UInt8 : TensorType.Int32;

    /// <summary>The token of a code point or byte; negative if there is none.</summary>
    public int IndexOf(int symbol) => (uint)symbol < (uint)_latin.Length ? _latin[symbol] : Array.BinarySearch(_symbols, symbol);

    /// <summary>Turns a text into tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">One number a symbol.</param>
    /// <param name="replacement">As <see cref="TextOptions.Replacement"/>.</param>
    public ValidationResult TryEncode(string text, out int[] tokens, Rune? replacement = null)
    {
        tokens = [];
        byte[] bytes;
        try
        {
            bytes = StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            return DataFile.Bad("text", "content", $"character {e.Index} is half of a surrogate pair.");
        }

        return TryEncode(bytes, "text", replacement, out tokens);
    }

    /// <summary>
    /// The text of tokens. Bytes that are no valid UTF-8, which a model may well produce, become U+FFFD.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        StringBuilder text = new(tokens.Length);
        byte[] bytes = Unit == TextUnit.Byte ? new byte[tokens.Length] : [];
        for (int i = 0; i < tokens.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(tokens[i], nameof(tokens));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tokens[i], Count, nameof(tokens));
            if (Unit == TextUnit.Byte)
            {
                bytes[i] = (byte)_symbols[tokens[i]];
            }
            else
            {
                text.Append(new Rune(_symbols[tokens[i]]).ToString());
            }
        }

        return Unit == TextUnit.Byte ? Encoding.UTF8.GetString(bytes) : text.ToString();
    }

    /// <summary>Throws on what is no valid Unicode, in both directions.</summary>
    internal static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Turns valid UTF-8 into tokens.</summary>
    internal ValidationResult TryEncode(ReadOnlySpan<byte> utf8, string name, Rune? replacement, out int[] tokens)
    {
        tokens = [];
        int unknown = -1;
        if (replacement is { } rune && (Unit == TextUnit.Byte || (unknown = IndexOf(rune.Value)) < 0))
        {
            return DataFile.Bad(name, "replacement", $"{Describe(rune.Value)} is not in the vocabulary.");
        }

        int[] result = new int[Unit == TextUnit.Byte ? utf8.Length : CountCharacters(utf8)];
        int position = 0;
        for (int i = 0; i < result.Length; i++)
        {
            int symbol = Next(utf8, Unit, ref position);
            int token = IndexOf(symbol);
            result[i] = token >= 0 ? token : unknown;
            if (result[i] < 0)
            {
                return DataFile.Bad(name, "content", $"character {i}, {Describe(symbol)}, is not in the vocabulary.");
            }
        }

        tokens = result;
        return ValidationResult.Ok;
    }

    /// <summary>The vocabulary of the symbols that occur in valid UTF-8.</summary>
    internal static ValidationResult TryCollect(
        IEnumerable<ReadOnlyMemory<byte>> texts, TextUnit unit, DataLimits limits, out CharVocabulary? vocabulary)
    {
        vocabulary = null;
        HashSet<int> symbols = [];
        foreach (ReadOnlyMemory<byte> text in texts)
        {
            for (int position = 0; position < text.Length;)
            {
                symbols.Add(Next(text.Span, unit, ref position));
            }
        }

        if (symbols.Count == 0 || symbols.Count > limits.MaxSymbols)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, "vocabulary", $"The text has {symbols.Count} different symbols; allowed are 1 to {limits.MaxSymbols}.");
        }

        vocabulary = new CharVocabulary(unit, symbols);
        return ValidationResult.Ok;
    }

    private static int Next(ReadOnlySpan<byte> utf8, TextUnit unit, ref int position)
    {
        if (unit == TextUnit.Byte || utf8[position] < 0x80)
        {
            return utf8[position++];
        }

        Rune.DecodeFromUtf8(utf8[position..], out Rune rune, out int length);
        position += length;
        return rune.Value;
    }

    private static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte value in utf8)
        {
            // Every byte but those that continue a character.
            count += (value & 0xC0) != 0x80 ? 1 : 0;
        }

        return count;
    }

    private static string Describe(int codePoint) => Rune.IsControl(new Rune(codePoint)) ? $"U+{codePoint:X4}" : $"'{new Rune(codePoint)}' (U+{codePoint:X4})";
}
