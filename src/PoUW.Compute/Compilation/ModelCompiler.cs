using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Compilation;

/// <summary>
/// Compiles a model with its loss and optimiser to a program of the tensor machine, see <see cref="ModelProgram"/> for its entry points:
/// the graph is built and checked, differentiated, written as a plan, and the plan as a program. The same spec gives the same bytes.
/// </summary>
public static class ModelCompiler
{
    /// <summary>Compiles and verifies.</summary>
    /// <param name="spec">The model and its training.</param>
    /// <param name="datasetSize">
    /// Rows of the data set. State slots do not depend on it, so a second program for an evaluation set takes the same state. A set that
    /// is smaller than a batch gives a program without the train entry.
    /// </param>
    /// <param name="limits">Limits of the machine.</param>
    /// <param name="model">The compiled model.</param>
    /// <returns>What is wrong, with the path of the module as its field.</returns>
    public static ValidationResult TryCompile(TrainingSpec spec, int datasetSize, VmLimits limits, out CompiledModel? model)
    {
        model = null;
        ValidationResult result = spec.Validate();
        if (!result.IsValid)
        {
            return result;
        }

        if (datasetSize < 1)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(datasetSize), "The data set is empty.");
        }

        try
        {
            BuiltModel built = BuiltModel.Build(spec);
            LaneCompiler lane = spec.Lane == Lane.Integer
                ? new IntegerCompiler(spec, built, datasetSize)
                : new FloatCompiler(spec, built, datasetSize);
            Plan plan = lane.Compile();
            result = ProgramVerifier.Verify(ProgramEmitter.Emit(plan), limits, out VerifiedProgram? program);
            model = result.IsValid ? new CompiledModel(spec, built, lane, plan, program!, datasetSize) : null;
            return result;
        }
        catch (ModelException problem)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, problem.Scope.Length == 0 ? "model" : problem.Scope, problem.Message);
        }
        catch (OverflowException)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "model", "A tensor of the model has more than 2^31 - 1 elements.");
        }
    }
}
