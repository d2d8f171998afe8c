using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// Normalises every channel: while training by the mean and variance of the batch, which also move the running statistics, else by the
/// running statistics.
/// </summary>
internal sealed class BatchNormOperation : GraphOperation
{
    private const string Mean = "mean";
    private const string ReciprocalDeviation = "rstd";

    private readonly Parameter? _weight;
    private readonly Parameter? _bias;
    private readonly BatchNormStatistics _statistics;

    public BatchNormOperation(GraphValue input, Parameter? weight, Parameter? bias, BatchNormStatistics statistics)
        : base("BatchNorm", [input], [.. new[] { weight, bias }.OfType<Parameter>()])
    {
        RequireReal(input, 2, 4);
        if (weight is null != bias is null)
        {
            throw Fail("weight and bias come together, or neither.");
        }

        (_weight, _bias, _statistics) = (weight, bias, statistics);
        if (input.Features is not null)
        {
            throw Fail("the input is a flattened image, whose features have another order in memory; normalise the image (BatchNorm2d) or put a Linear in between.");
        }

        if (input.Shape[1] != statistics.RunningMean.Length)
        {
            throw Fail($"the input {input} has {input.Shape[1]} channels; the statistics have {statistics.RunningMean.Length}.");
        }

        if (input.Rows < 2)
        {
            throw Fail($"the input {input} has one value a channel; training needs more, so use a larger batch.");
        }

        foreach (Parameter parameter in Parameters)
        {
            input.Graph.Use(parameter, new SameLayout(1, input.Columns));
        }

        Produces(input.Shape);
    }

    private int Epsilon => BitConverter.SingleToInt32Bits(_statistics.Epsilon);

    public override void Forward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        (BufferId x, BufferId y) = (lowering.Of(Input), lowering.Declare(Output));
        (BufferId gamma, BufferId beta) = (Gamma(lowering), _bias is null ? plan.FloatConstant(0, Input.Columns) : lowering.Parameter(_bias));
        (BufferId runningMean, BufferId runningVariance) =
            (lowering.State.Buffer(_statistics.RunningMean), lowering.State.Buffer(_statistics.RunningVariance));
        if (!lowering.Training)
        {
            plan.Tensor(FloatNormOps.BatchNorm, [y, x, runningMean, runningVariance, gamma, beta], [Epsilon]);
            return;
        }

        BufferId mean = Row(plan);
        BufferId deviation = Row(plan);
        plan.Tensor(
            FloatNormOps.BatchNormTrain, [y, mean, deviation, runningMean, runningVariance, x, gamma, beta],
            [Epsilon, BitConverter.SingleToInt32Bits(_statistics.Momentum)]);
        lowering.Keep(this, Mean, mean);
        lowering.Keep(this, ReciprocalDeviation, deviation);
        CountBatch(plan, lowering.State.Buffer(_statistics.BatchesTracked));
    }

    public override void Backward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId x = lowering.Of(Input);
        (BufferId dx, BufferId dgamma, BufferId dbeta) = (plan.Like(x), Row(plan), Row(plan));
        plan.Tensor(
            FloatNormOps.BatchNormGradient,
            [dx, dgamma, dbeta, lowering.Gradient(Output), x, lowering.Kept(this, Mean), lowering.Kept(this, ReciprocalDeviation), Gamma(lowering)]);
        lowering.PassGradient(Input, dx);
        if (_weight is not null && _bias is not null)
        {
            lowering.PassGradient(_weight, dgamma);
            lowering.PassGradient(_bias, dbeta);
        }
    }

    private static void CountBatch(PlanWriter plan, BufferId counter) =>
        plan.WithTemporaries(() => plan.Store(counter, plan.Scalar(ScalarOp.Add, plan.Load(counter), 1)));

    private BufferId Gamma(FloatLowering lowering) => _weight is null ? lowering.Plan.FloatConstant(1, Input.Columns) : lowering.Parameter(_weight);

    private BufferId Row(PlanWriter plan) => plan.Scratch(TensorType.Float32, 1, Input.Columns);
}
