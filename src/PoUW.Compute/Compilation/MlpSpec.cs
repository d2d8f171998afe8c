using PoUW.Core.Validation;

namespace PoUW.Compute.Compilation;

/// <summary>
/// A multilayer perceptron with ReLU and its integer training (lane I, int7): int32 master weights in Q16, momentum, base-2 softmax.
/// Give it to <see cref="MlpCompiler"/>.
/// </summary>
/// <param name="LayerSizes">Inputs, hidden widths, classes; at least two numbers.</param>
/// <param name="BatchSize">Samples a step.</param>
/// <param name="Schedule">Learning-rate steps; the first at step 0, then increasing.</param>
public sealed record MlpSpec(IReadOnlyList<int> LayerSizes, int BatchSize, IReadOnlyList<LearningRateStep> Schedule)
{
    private const int MaxWidth = 1 << 16;
    private const int MaxLayers = 64;
    private const int MaxClasses = 256;
    private const int MaxSchedule = 64;
    private const int MaxRateShift = 20;
    private const int MaxWeight = 63;
    private const int HiddenExponent = -10;
    private const int OutputExponent = -7;

    /// <summary>Exponent of each weight layer: a weight w stands for w * 2^exponent. Null: -10, and -7 for the last.</summary>
    public IReadOnlyList<int>? WeightExponents { get; init; }

    /// <summary>Exponent of the inputs, which are 0 to 63.</summary>
    public int InputExponent { get; init; } = -6;

    /// <summary>Weights start uniform in +- this many units of their exponent, 1 to 63.</summary>
    public int InitBound { get; init; } = MaxWeight;

    /// <summary>Momentum keeps 1 - 2^-shift of the velocity, 1 to 16.</summary>
    public int MomentumShift { get; init; } = 3;

    /// <summary>Bits of activations, logits and hidden errors, 1 to 6.</summary>
    public int ActivationBits { get; init; } = 6;

    /// <summary>Bits of gradients, 1 to 7.</summary>
    public int GradientBits { get; init; } = 7;

    /// <summary>Bits that the loss error loses, 0 to 11.</summary>
    public int ErrorShift { get; init; } = 5;

    /// <summary>Number of weight layers.</summary>
    public int LayerCount => LayerSizes.Count - 1;

    /// <summary>Exponent of a weight layer, first is 0.</summary>
    public int WeightExponent(int layer) =>
        WeightExponents is not null ? WeightExponents[layer] : layer == LayerCount - 1 ? OutputExponent : HiddenExponent;

    /// <summary>State slot of the master weights of a layer, first is 0: "fc1.weight", Int32, inputs x outputs, Q16.</summary>
    public static string WeightSlot(int layer) => $"fc{layer + 1}.weight";

    /// <summary>State slot of the velocity of a layer.</summary>
    public static string MomentumSlot(int layer) => $"fc{layer + 1}.momentum";

    /// <summary>Checks every field.</summary>
    public ValidationResult Validate()
    {
        if (LayerSizes.Count is < 2 or > MaxLayers)
        {
            return Bad(nameof(LayerSizes), $"A model has 2 to {MaxLayers} layer sizes, not {LayerSizes.Count}.");
        }

        foreach (int size in LayerSizes)
        {
            if (size is < 1 or > MaxWidth)
            {
                return Bad(nameof(LayerSizes), $"A layer has 1 to {MaxWidth} units, not {size}.");
            }
        }

        if (LayerSizes[^1] is < 2 or > MaxClasses)
        {
            return Bad(nameof(LayerSizes), $"The last layer has one unit a class: 2 to {MaxClasses}, not {LayerSizes[^1]}.");
        }

        ValidationResult numbers = ValidateNumbers();
        return numbers.IsValid ? ValidateSchedule() : numbers;
    }

    private ValidationResult ValidateNumbers()
    {
        (string Field, int Value, int Min, int Max)[] ranges =
        [
            (nameof(BatchSize), BatchSize, 1, MaxWidth),
            (nameof(InputExponent), InputExponent, -31, 0),
            (nameof(InitBound), InitBound, 1, MaxWeight),
            (nameof(MomentumShift), MomentumShift, 1, 16),
            (nameof(ActivationBits), ActivationBits, 1, 6),
            (nameof(GradientBits), GradientBits, 1, 7),
            (nameof(ErrorShift), ErrorShift, 0, 11),
        ];
        foreach ((string field, int value, int min, int max) in ranges)
        {
            if (value < min || value > max)
            {
                return Bad(field, $"{field} is {min} to {max}, not {value}.");
            }
        }

        if (WeightExponents is not null && WeightExponents.Count != LayerCount)
        {
            return Bad(nameof(WeightExponents), $"There must be {LayerCount} exponents, one a weight layer, not {WeightExponents.Count}.");
        }

        foreach (int exponent in WeightExponents ?? [])
        {
            if (exponent is < -31 or > 0)
            {
                return Bad(nameof(WeightExponents), $"An exponent is -31 to 0, not {exponent}.");
            }
        }

        return ValidationResult.Ok;
    }

    private ValidationResult ValidateSchedule()
    {
        if (Schedule.Count is < 1 or > MaxSchedule || Schedule[0].FirstStep != 0)
        {
            return Bad(nameof(Schedule), $"A schedule has 1 to {MaxSchedule} entries, the first at step 0.");
        }

        for (int i = 0; i < Schedule.Count; i++)
        {
            if (Schedule[i].Shift is < 0 or > MaxRateShift)
            {
                return Bad(nameof(Schedule), $"A rate shift is 0 to {MaxRateShift}, not {Schedule[i].Shift}.");
            }

            if (i > 0 && Schedule[i].FirstStep <= Schedule[i - 1].FirstStep)
            {
                return Bad(nameof(Schedule), "The steps of a schedule must increase.");
            }
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
