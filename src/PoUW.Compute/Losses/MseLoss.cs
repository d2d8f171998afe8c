using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Losses;

/// <summary>
/// torch.nn.MSELoss: the mean over all numbers of the output, (batch, features) or (batch, time, features), of (output - target)^2. Every
/// number counts as an answer, so that the mean loss of an answer is PyTorch's; no answer is right or wrong. The sum is measured in units
/// of 2^-15. Lane R.
/// </summary>
/// <param name="Column">Column of the data set with the targets: Float32, the numbers of a sample in PyTorch's order.</param>
public sealed record MseLoss(string Column = "targets") : Loss
{
    /// <inheritdoc/>
    internal override LossInput Declare(PlanWriter plan, GraphValue output, int datasetSize)
    {
        if (output.Rank is not (2 or 3) || output.Features is not null || output.Kind != ElementKind.Real)
        {
            throw new ModelException(
                $"MSE needs an output (batch, features) or (batch, time, features) in PyTorch's order, not {output}; Functional.Reshape turns images into it.", "loss");
        }

        return new LossInput(plan.Declare(Column, TensorType.Float32, datasetSize, PerSample(output), SlotKind.Input));
    }

    /// <inheritdoc/>
    internal override BufferId LoadTargets(PlanWriter plan, LossInput input, GraphValue output, BatchTensors batch)
    {
        BufferId gathered = plan.Scratch(TensorType.Float32, output.Batch, PerSample(output));
        plan.Tensor(IntegerOps.GatherRows, [gathered, input.Slot!.Value, batch.Rows]);
        return gathered;
    }

    /// <inheritdoc/>
    internal override LossMetrics Measure(FloatLowering lowering, GraphValue output, BufferId targets, Register? samples)
    {
        PlanWriter plan = lowering.Plan;
        BufferId errors = plan.Scratch(TensorType.Float32, output.Batch, 1);
        plan.Tensor(FloatReductionOps.SumSquares, [errors, Difference(lowering, output, targets)]);
        Register count = samples ?? plan.Constant(output.Batch);
        if (samples is not null)
        {
            ClearRest(plan, errors, count);
        }

        BufferId total = plan.Scratch(TensorType.Float32, 1, 1);
        plan.Tensor(FloatReductionOps.SumRows, [total, errors]);
        Register loss = plan.ToFixedPoint(total);
        return new LossMetrics(loss, plan.Constant(0), plan.Scalar(ScalarOp.Multiply, count, PerSample(output)));
    }

    /// <inheritdoc/>
    internal override BufferId Gradient(FloatLowering lowering, GraphValue output, BufferId targets)
    {
        BufferId difference = Difference(lowering, output, targets);
        BufferId gradient = lowering.Plan.Like(difference);
        int scale = BitConverter.SingleToInt32Bits(2f / (output.Batch * PerSample(output)));
        lowering.Plan.Tensor(FloatElementwiseOps.Affine, [gradient, difference], [scale, 0]);
        return lowering.Reshape(gradient, output.Rows, output.Columns);
    }

    private static int PerSample(GraphValue output) => output.Rows / output.Batch * output.Columns;

    /// <summary>Output - target, a row a sample.</summary>
    private static BufferId Difference(FloatLowering lowering, GraphValue output, BufferId targets)
    {
        BufferId difference = lowering.Plan.Like(targets);
        BufferId values = lowering.Reshape(lowering.Of(output), output.Batch, PerSample(output));
        lowering.Plan.Tensor(FloatElementwiseOps.Subtract, [difference, values, targets]);
        return difference;
    }
}
