using PoUW.Compute.Data;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tolerance;

/// <summary>How a job of lane T trains: what engines need of its program. Immutable by convention.</summary>
/// <remarks>
/// A step takes the batch of the data order (<see cref="DataOrder"/>), the mean cross-entropy of its samples, and SGD as PyTorch defines it: v = momentum * v +
/// gradient, w = w - learningRate * v. Inputs are bytes, fed as byte / 255, in the order of <see cref="InputShape"/> (<see cref="ToleranceSamples"/>). The
/// state holds the trained tensors and the buffers under PyTorch's names, and v of each trained tensor unless the momentum is 0 (<see cref="ToleranceState"/>).
/// </remarks>
public sealed record ToleranceRecipe
{
    /// <summary>Most samples of a step.</summary>
    public const int MaxBatchSize = 1 << 16;

    /// <summary>Most numbers of an input.</summary>
    public const int MaxInputLength = 1 << 24;

    /// <summary>Most numbers of the inputs of a step: 1 GiB in fp32.</summary>
    public const long MaxBatchNumbers = 1 << 28;

    /// <summary>Largest learning rate.</summary>
    public const float MaxLearningRate = 1_000;

    /// <summary>The module and the devices that it is for.</summary>
    public required ToleranceClass Class { get; init; }

    /// <summary>Column of bytes that are the inputs.</summary>
    public string InputColumn { get; init; } = "images";

    /// <summary>Shape of one input, as PyTorch's modules take it: images are [channels, height, width].</summary>
    public required IReadOnlyList<int> InputShape { get; init; }

    /// <summary>Column of one byte, the class.</summary>
    public string LabelColumn { get; init; } = "labels";

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Step width of SGD.</summary>
    public float LearningRate { get; init; } = 0.05f;

    /// <summary>Momentum of SGD, 0 to below 1.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Numbers of one input: the product of <see cref="InputShape"/>, for a recipe that <see cref="Validate"/> admits.</summary>
    public int InputLength => InputShape.Aggregate(1, static (product, size) => product * size);

    /// <summary>Checks every field against its limit.</summary>
    public ValidationResult Validate() =>
        Class.Check() ?? CheckColumns() ?? CheckInput() ?? CheckRates() ?? ValidationResult.Ok;

    private ValidationResult? CheckColumns()
    {
        foreach ((string field, string name) in new[] { (nameof(InputColumn), InputColumn), (nameof(LabelColumn), LabelColumn) })
        {
            if (DatasetColumn.Problem(name, TensorType.UInt8, [1]) is { } problem)
            {
                return Bad(field, problem);
            }
        }

        if (DatasetColumn.Problem(InputColumn, TensorType.UInt8, InputShape) is { } shape)
        {
            return Bad(nameof(InputShape), shape);
        }

        return InputColumn != LabelColumn ? null : Bad(nameof(LabelColumn), $"'{LabelColumn}' is the column of the inputs too.");
    }

    // The columns were checked, so that the product is below 2^31.
    private ValidationResult? CheckInput()
    {
        if (BatchSize is < 1 or > MaxBatchSize)
        {
            return Bad(nameof(BatchSize), $"{BatchSize}; allowed is 1 to {MaxBatchSize}.");
        }

        if (InputLength > MaxInputLength || (long)InputLength * BatchSize > MaxBatchNumbers)
        {
            return Bad(nameof(InputShape), $"{InputLength} numbers; the limit is {MaxInputLength}, and {MaxBatchNumbers} for the {BatchSize} samples of a step.");
        }

        return null;
    }

    // Written so that what is not a number is refused.
    private ValidationResult? CheckRates()
    {
        if (!(LearningRate > 0 && LearningRate <= MaxLearningRate))
        {
            return Bad(nameof(LearningRate), $"{LearningRate}; allowed is above 0, to {MaxLearningRate}.");
        }

        return Momentum is >= 0 and < 1 && !float.IsNegative(Momentum) ? null : Bad(nameof(Momentum), $"{Momentum}; allowed is 0 to below 1.");
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
