using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Data;

namespace PoUW.Compute.Losses;

/// <summary>
/// What training makes small, and where its targets come from: a mean over the rows of a batch, as PyTorch's losses with their default
/// reduction. Immutable.
/// </summary>
public abstract record Loss
{
    /// <summary>True if the emitted loss is in bits; runners turn it into nats, PyTorch's unit.</summary>
    internal virtual bool IsInBits => false;

    /// <summary>Checks the model's output and declares the input slots of the targets.</summary>
    /// <exception cref="ModelException">The output has another shape than the loss needs.</exception>
    internal abstract LossInput Declare(PlanWriter plan, GraphValue output, int datasetSize);

    /// <summary>Brings the targets of a batch into scratch buffers.</summary>
    internal abstract BufferId LoadTargets(PlanWriter plan, LossInput input, GraphValue output, BatchTensors batch);

    /// <summary>
    /// Lane R: the loss summed over the first rows (all if null), fixed point with 15 fraction bits, and how many of them are right.
    /// Cross entropy in bits, errors of numbers as they are.
    /// </summary>
    internal abstract LossMetrics Measure(FloatLowering lowering, GraphValue output, BufferId targets, Register? samples);

    /// <summary>Lane R: the gradient of the mean loss by the output.</summary>
    internal abstract BufferId Gradient(FloatLowering lowering, GraphValue output, BufferId targets);

    /// <summary>Lane I, as above.</summary>
    /// <exception cref="ModelException">There is no integer form.</exception>
    internal virtual LossMetrics Measure(IntegerLowering lowering, GraphValue output, BufferId targets, Register? samples) => throw NoIntegerForm();

    /// <summary>Lane I: the error of the output.</summary>
    /// <exception cref="ModelException">There is no integer form.</exception>
    internal virtual BufferId Gradient(IntegerLowering lowering, GraphValue output, BufferId targets) => throw NoIntegerForm();

    /// <summary>Sets the losses of rows that only fill up the batch to zero.</summary>
    private protected static void ClearRest(PlanWriter plan, BufferId losses, Register rows)
    {
        TensorShape shape = plan.ShapeOf(losses);
        BufferId zeros = plan.Like(losses);
        plan.Tensor(DataOps.Fill, [zeros], [0]);
        Register rest = plan.Scalar(ScalarOp.Subtract, plan.Constant(shape.Rows), rows);
        plan.CopyRows(losses, zeros, rows, plan.Constant(0), rest);
    }

    /// <summary>A measured loss of at most 2^46: one that is infinite or NaN must not overflow a product with a 16-bit constant.</summary>
    private protected static Register Bounded(PlanWriter plan, Register value) => plan.Scalar(ScalarOp.Minimum, value, 1L << 46);

    private ModelException NoIntegerForm() => new($"{GetType().Name} has no integer form (lane I); train this model in lane R.", "loss");
}
