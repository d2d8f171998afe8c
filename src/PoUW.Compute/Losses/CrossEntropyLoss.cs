using PoUW.Compute.Graphs;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Losses;

/// <summary>
/// torch.nn.CrossEntropyLoss of class indices: the mean over all rows of -log softmax(output)[target]. The output is (batch, classes) or
/// (batch, time, classes). Lane I computes it in base 2 with integers, see docs/vm.md.
/// </summary>
/// <param name="Column">Column of the data set with the targets: labels.</param>
public sealed record CrossEntropyLoss(string Column = "labels") : Loss
{
    private const int MinClasses = 2;
    private const int MaxByteClasses = 256;

    // log2(e) in Q15.
    private const long BitsPerNat = 47274;
    private const int NatBits = 15;

    // Bits that the error of lane I loses, so that it has six.
    private const int ErrorShift = 5;

    /// <summary>
    /// True for language models: the target of every position is the next token of the same window, and <see cref="Column"/> is not used.
    /// </summary>
    public bool OfNextToken { get; init; }

    /// <inheritdoc/>
    internal override bool IsInBits => true;

    /// <inheritdoc/>
    internal override LossInput Declare(PlanWriter plan, GraphValue output, int datasetSize)
    {
        if (output.Rank is not (2 or 3) || output.Features is not null || output.Kind != ElementKind.Real)
        {
            string found = output.Features is null ? $"{output}" : $"a flattened image {output}, whose classes are in another order in memory";
            throw new ModelException($"Cross entropy needs an output (batch, classes) or (batch, time, classes), not {found}.", "loss");
        }

        if (output.Shape[^1] < MinClasses)
        {
            throw new ModelException($"Cross entropy needs at least {MinClasses} classes; the output {output} has {output.Shape[^1]}.", "loss");
        }

        if (OfNextToken)
        {
            return new LossInput(null);
        }

        TensorType type = output.Shape[^1] <= MaxByteClasses ? TensorType.UInt8 : TensorType.Int32;
        return new LossInput(plan.Declare(Column, type, datasetSize, output.Rows / output.Batch, SlotKind.Input));
    }

    /// <inheritdoc/>
    internal override BufferId LoadTargets(PlanWriter plan, LossInput input, GraphValue output, BatchTensors batch)
    {
        int perSample = output.Rows / output.Batch;
        BufferId gathered;
        if (input.Slot is { } slot)
        {
            gathered = plan.Scratch(plan.ShapeOf(slot).Type, output.Batch, perSample);
            plan.Tensor(IntegerOps.GatherRows, [gathered, slot, batch.Rows]);
        }
        else
        {
            BufferId tokens = batch.Tokens ?? throw new ModelException("The next token is the target, but the model has no TokenInput.", "loss");
            int length = plan.ShapeOf(tokens).Columns - 1;
            if (perSample != length)
            {
                throw new ModelException($"The next token is the target, so the output needs an answer for each of the {length} tokens; it is {output}.", "loss");
            }

            gathered = plan.Scratch(TensorType.Int32, output.Batch, perSample);
            plan.Tensor(IntegerOps.Fill, [gathered], [], plan.Constant(0));
            plan.Tensor(DataOps.CopyColumns, [gathered, tokens], [0, 1, perSample]);
        }

        if (perSample == 1)
        {
            return gathered;
        }

        BufferId column = plan.Scratch(plan.ShapeOf(gathered).Type, output.Rows, 1);
        plan.Tensor(DataOps.Reshape, [column, gathered]);
        return column;
    }

    /// <inheritdoc/>
    internal override LossMetrics Measure(FloatLowering lowering, GraphValue output, BufferId targets, Register? samples)
    {
        PlanWriter plan = lowering.Plan;
        BufferId losses = plan.Scratch(TensorType.Float32, output.Rows, 1);
        plan.Tensor(FloatReductionOps.CrossEntropy, [losses, lowering.Of(output), targets]);
        Register rows = RowsOf(plan, output, samples);
        if (samples is not null)
        {
            ClearRest(plan, losses, rows);
        }

        BufferId total = plan.Scratch(TensorType.Float32, 1, 1);
        plan.Tensor(FloatReductionOps.SumRows, [total, losses]);
        Register nats = plan.ToFixedPoint(total);
        Register bits = plan.Scalar(ScalarOp.ShiftRight, plan.Scalar(ScalarOp.Multiply, Bounded(plan, nats), BitsPerNat), plan.Constant(NatBits));
        BufferId prediction = plan.Scratch(TensorType.Int32, output.Rows, 1);
        plan.Tensor(FloatReductionOps.ArgMaxRows, [prediction, lowering.Of(output)]);
        return new LossMetrics(bits, plan.TensorResult(IntegerOps.CountEqual, [prediction, targets], [], rows), rows);
    }

    /// <inheritdoc/>
    internal override BufferId Gradient(FloatLowering lowering, GraphValue output, BufferId targets)
    {
        BufferId gradient = lowering.Plan.Like(lowering.Of(output));
        int scale = BitConverter.SingleToInt32Bits(1f / output.Rows);
        lowering.Plan.Tensor(FloatReductionOps.CrossEntropyGradient, [gradient, lowering.Of(output), targets], [scale]);
        return gradient;
    }

    /// <inheritdoc/>
    internal override LossMetrics Measure(IntegerLowering lowering, GraphValue output, BufferId targets, Register? samples)
    {
        PlanWriter plan = lowering.Plan;
        RequireInteger(plan, output, targets);
        Register rows = RowsOf(plan, output, samples);
        Register loss = plan.TensorResult(IntegerOps.SoftmaxCrossEntropyLoss, [lowering.Of(output), targets], [], lowering.Exponent(output), rows);
        BufferId prediction = plan.Scratch(TensorType.Int32, output.Rows, 1);
        plan.Tensor(IntegerOps.ArgMaxRows, [prediction, lowering.Of(output)]);
        return new LossMetrics(loss, plan.TensorResult(IntegerOps.CountEqual, [prediction, targets], [], rows), rows);
    }

    /// <inheritdoc/>
    internal override BufferId Gradient(IntegerLowering lowering, GraphValue output, BufferId targets)
    {
        BufferId error = lowering.Plan.Like(lowering.Of(output));
        lowering.Plan.Tensor(
            IntegerOps.SoftmaxCrossEntropyGradient, [error, lowering.Of(output), targets], [ErrorShift, IntegerLowering.MaxOperand],
            lowering.Exponent(output));
        return error;
    }

    private static void RequireInteger(PlanWriter plan, GraphValue output, BufferId targets)
    {
        if (plan.ShapeOf(targets).Type != TensorType.UInt8)
        {
            throw new ModelException($"Lane I has at most {MaxByteClasses} classes, not {output.Shape[^1]}.", "loss");
        }
    }

    private static Register RowsOf(PlanWriter plan, GraphValue output, Register? samples)
    {
        int perSample = output.Rows / output.Batch;
        return samples is not { } count ? plan.Constant(output.Rows) : perSample == 1 ? count : plan.Scalar(ScalarOp.Multiply, count, perSample);
    }
}
