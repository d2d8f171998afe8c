using System.Text;

namespace PoUW.Compute.Data.Text;

/// <summary>How a text becomes tokens.</summary>
public sealed record TextOptions
{
    /// <summary>The default: characters, with the vocabulary of the text itself.</summary>
    public static TextOptions Default { get; } = new();

    /// <summary>What one token is. Ignored where <see cref="Vocabulary"/> is given.</summary>
    public TextUnit Unit { get; init; } = TextUnit.Character;

    /// <summary>A vocabulary, such as that of a training text; null for the symbols that occur.</summary>
    public CharVocabulary? Vocabulary { get; init; }

    /// <summary>The character that replaces those that the vocabulary does not have; it must have this one. Null refuses them.</summary>
    public Rune? Replacement { get; init; }
}
