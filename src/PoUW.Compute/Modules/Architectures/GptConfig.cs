using PoUW.Core.Validation;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>The sizes of a <see cref="Gpt"/>; the defaults are those of GPT-2's smallest model. Immutable.</summary>
/// <param name="VocabularySize">Tokens.</param>
/// <param name="BlockSize">Positions of the longest sequence.</param>
public sealed record GptConfig(int VocabularySize, int BlockSize = 1024)
{
    /// <summary>Blocks one after the other (n_layer).</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Heads of every attention (n_head); they must divide the width.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Features of a position (n_embd).</summary>
    public int Width { get; init; } = 768;

    /// <summary>Probability of all dropouts, 0 to below 1.</summary>
    public float Dropout { get; init; }

    /// <summary>False for Linears and norms without biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>True if the head's weights are those of the token embedding.</summary>
    public bool TieHead { get; init; } = true;

    /// <summary>Checks every field.</summary>
    public ValidationResult Validate()
    {
        (string Field, int Size)[] sizes =
        [
            (nameof(VocabularySize), VocabularySize), (nameof(BlockSize), BlockSize), (nameof(Layers), Layers), (nameof(Heads), Heads), (nameof(Width), Width),
        ];
        foreach ((string field, int size) in sizes)
        {
            if (size < 1)
            {
                return Bad(field, $"{field} is at least 1, not {size}.");
            }
        }

        if (Width % Heads != 0)
        {
            return Bad(nameof(Heads), $"{Width} features cannot be shared by {Heads} heads.");
        }

        return Dropout >= 0 && Dropout < 1 ? ValidationResult.Ok : Bad(nameof(Dropout), $"Dropout is at least 0 and below 1, not {Dropout}.");
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
