using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Validation;

namespace PoUW.Compute.Compilation;

/// <summary>A model and its training: what <see cref="ModelCompiler"/> compiles. Immutable.</summary>
public sealed record TrainingSpec
{
    private const int MaxBatch = 1 << 16;

    /// <summary>The model.</summary>
    public required Module Model { get; init; }

    /// <summary>Where its input comes from.</summary>
    public required ModelInput Input { get; init; }

    /// <summary>What is made small.</summary>
    public Loss Loss { get; init; } = new CrossEntropyLoss();

    /// <summary>How weights follow their gradients; it decides the lane.</summary>
    public required Optimiser Optimiser { get; init; }

    /// <summary>Samples a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>
    /// Seed of random masks (dropout): that of step t and layer l is a function of it, t and l. The seed of the weights is an argument of init.
    /// </summary>
    public long MaskSeed { get; init; }

    /// <summary>
    /// Lane I: the exponents of weights by parameter name, where they differ from the standard: -7 in the last layer, else -10 for a Linear
    /// and -6 - log2(products of an output) / 2 for a convolution, both divisions rounded down. A bias has the exponent of its weights.
    /// </summary>
    public IReadOnlyDictionary<string, int> WeightExponents { get; init; } = new Dictionary<string, int>();

    /// <summary>The arithmetic.</summary>
    public Lane Lane => Optimiser.Lane;

    /// <summary>Checks every field but the model, which is checked when it is compiled.</summary>
    public ValidationResult Validate()
    {
        if (BatchSize is < 1 or > MaxBatch)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(BatchSize), $"BatchSize is 1 to {MaxBatch}, not {BatchSize}.");
        }

        foreach ((string name, int exponent) in WeightExponents)
        {
            if (exponent is < -31 or > 0)
            {
                return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(WeightExponents), $"The exponent of '{name}' is -31 to 0, not {exponent}.");
            }
        }

        return Optimiser.Validate();
    }
}
