using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Compilation;

/// <summary>
/// Compiles a perceptron to a program of the tensor machine. Entry points: init(seed) fills the state; train(firstStep, stepCount)
/// emits loss (Q15, base 2, summed), correct count and sample count for every step; evaluate(first, count) emits correct count and loss
/// over rows of the data set. Inputs: "images" Int8, "labels" UInt8, "order.key" UInt8[32]. docs/vm.md describes the training step.
/// </summary>
public static class MlpCompiler
{
    /// <summary>Input slot of the images, one a row.</summary>
    public const string Images = "images";

    /// <summary>Input slot of the labels.</summary>
    public const string Labels = "labels";

    /// <summary>Input slot of the 32-byte key of the data order.</summary>
    public const string OrderKey = "order.key";

    /// <summary>Entry point init(seed).</summary>
    public const string InitEntry = "init";

    /// <summary>Entry point train(firstStep, stepCount).</summary>
    public const string TrainEntry = "train";

    /// <summary>Entry point evaluate(first, count).</summary>
    public const string EvaluateEntry = "evaluate";

    /// <summary>Values that train emits a step: loss, correct, samples.</summary>
    public const int OutputsPerStep = 3;

    /// <summary>Compiles and verifies.</summary>
    /// <param name="spec">The model and its training.</param>
    /// <param name="datasetSize">
    /// Rows of the data set. State slots do not depend on it, so a second program for an evaluation set takes the same state. A set that
    /// is smaller than a batch gives a program without the train entry.
    /// </param>
    /// <param name="limits">Limits of the machine.</param>
    /// <param name="program">The verified program.</param>
    public static ValidationResult TryCompile(MlpSpec spec, int datasetSize, VmLimits limits, out VerifiedProgram? program)
    {
        program = null;
        ValidationResult result = spec.Validate();
        if (!result.IsValid)
        {
            return result;
        }

        if (datasetSize < 1)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(datasetSize), "The data set is empty.");
        }

        return ProgramVerifier.Verify(new MlpCodeWriter(spec, datasetSize).Write(), limits, out program);
    }
}
