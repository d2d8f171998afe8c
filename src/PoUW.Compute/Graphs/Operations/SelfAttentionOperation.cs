using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// softmax(Q K^T / sqrt(d)) V of every head, d the width of a head. The input holds queries, keys and values side by side, as one
/// projection to three times the width gives them. Heads are stacked as (head, sequence, position) x d; Q is scaled before the product.
/// </summary>
internal sealed class SelfAttentionOperation : GraphOperation
{
    private const int Parts = 3;
    private const int MaskUnit = 1 << 24;
    private const string Query = "query";
    private const string Key = "key";
    private const string Value = "value";
    private const string Weights = "weights";
    private const string Dropped = "dropped";
    private const string Mask = "mask";

    private readonly int _heads;
    private readonly int _width;
    private readonly bool _causal;
    private readonly float _dropout;

    public SelfAttentionOperation(GraphValue packed, int heads, bool causal, float dropout)
        : base("SelfAttention", [packed])
    {
        RequireReal(packed, 3);
        if (packed.Shape[2] % Parts != 0)
        {
            throw Fail($"the input {packed} must hold queries, keys and values side by side; {packed.Shape[2]} is no multiple of 3.");
        }

        int features = packed.Shape[2] / Parts;
        if (heads < 1 || features % heads != 0)
        {
            throw Fail($"{features} features cannot be shared by {heads} heads.");
        }

        if (!(dropout >= 0 && dropout < 1))
        {
            throw Fail($"the dropout is at least 0 and below 1, not {dropout}.");
        }

        (_heads, _width, _causal, _dropout) = (heads, features / heads, causal, dropout);
        Produces([packed.Shape[0], packed.Shape[1], features]);
    }

    private int Batch => Input.Shape[0];

    private int Time => Input.Shape[1];

    /// <summary>Products of a batch: one a head and sequence.</summary>
    private int Products => checked(_heads * Batch);

    private int StackedRows => checked(Products * Time);

    private float Scale => (float)(1 / Math.Sqrt(_width));

    public override void Forward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId stacked = plan.Scratch(TensorType.Float32, checked(Parts * StackedRows), _width);
        plan.Tensor(DataOps.Permute, [stacked, lowering.Of(Input)], [Batch, Time, Parts * _heads, _width, 2, 0, 1, 3]);
        (BufferId plain, BufferId key, BufferId value) = (Part(plan, stacked, 0), Part(plan, stacked, 1), Part(plan, stacked, 2));
        BufferId query = Scaled(plan, plain);
        BufferId scores = plan.Scratch(TensorType.Float32, StackedRows, Time);
        plan.Tensor(FloatProductOps.BatchMatMul, [scores, query, key], [Products, 0, 1]);
        BufferId weights = plan.Like(scores);
        if (_causal)
        {
            plan.Tensor(FloatReductionOps.SoftmaxCausal, [weights, scores], [Time]);
        }
        else
        {
            plan.Tensor(FloatReductionOps.Softmax, [weights, scores]);
        }

        BufferId dropped = Drop(lowering, weights);
        BufferId mixed = plan.Like(value);
        plan.Tensor(FloatProductOps.BatchMatMul, [mixed, dropped, value], [Products, 0, 0]);
        plan.Tensor(DataOps.Permute, [lowering.Declare(Output), mixed], [_heads, Batch, Time, _width, 1, 2, 0, 3]);
        foreach ((string name, BufferId buffer) in new[] { (Query, query), (Key, key), (Value, value), (Weights, weights), (Dropped, dropped) })
        {
            lowering.Keep(this, name, buffer);
        }
    }

    public override void Backward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId weights = lowering.Kept(this, Weights);
        BufferId mixed = plan.Scratch(TensorType.Float32, StackedRows, _width);
        plan.Tensor(DataOps.Permute, [mixed, lowering.Gradient(Output)], [Batch, Time, _heads, _width, 2, 0, 1, 3]);
        BufferId value = plan.Like(mixed);
        plan.Tensor(FloatProductOps.BatchMatMul, [value, lowering.Kept(this, Dropped), mixed], [Products, 1, 0]);
        BufferId chances = plan.Like(weights);
        plan.Tensor(FloatProductOps.BatchMatMul, [chances, mixed, lowering.Kept(this, Value)], [Products, 0, 1]);
        if (Drops(lowering))
        {
            BufferId masked = plan.Like(chances);
            plan.Tensor(FloatElementwiseOps.Multiply, [masked, chances, lowering.Kept(this, Mask)]);
            chances = masked;
        }

        BufferId scores = plan.Like(weights);
        plan.Tensor(FloatReductionOps.SoftmaxGradient, [scores, chances, weights]);
        BufferId scaled = plan.Like(mixed);
        plan.Tensor(FloatProductOps.BatchMatMul, [scaled, scores, lowering.Kept(this, Key)], [Products, 0, 0]);
        BufferId key = plan.Like(mixed);
        plan.Tensor(FloatProductOps.BatchMatMul, [key, scores, lowering.Kept(this, Query)], [Products, 1, 0]);
        WriteInputGradient(lowering, Scaled(plan, scaled), key, value);
    }

    private void WriteInputGradient(FloatLowering lowering, params BufferId[] parts) => lowering.AddGradient(Input, dx =>
    {
        PlanWriter plan = lowering.Plan;
        BufferId stacked = plan.Scratch(TensorType.Float32, checked(Parts * StackedRows), _width);
        plan.Tensor(DataOps.Fill, [stacked], [0]);
        for (int i = 0; i < parts.Length; i++)
        {
            int part = i;
            plan.WithTemporaries(() =>
                plan.CopyRows(stacked, parts[part], plan.Constant(part * StackedRows), plan.Constant(0), plan.Constant(StackedRows)));
        }

        plan.Tensor(DataOps.Permute, [dx, stacked], [Parts * _heads, Batch, Time, _width, 1, 2, 0, 3]);
    });

    /// <summary>Queries, keys or values of all heads.</summary>
    private BufferId Part(PlanWriter plan, BufferId stacked, int part)
    {
        BufferId rows = plan.Scratch(TensorType.Int32, StackedRows, 1);
        plan.WithTemporaries(() =>
            plan.Tensor(IntegerOps.Sequence, [rows], [], plan.Constant((long)part * StackedRows), plan.Constant((long)Parts * StackedRows)));
        BufferId gathered = plan.Scratch(TensorType.Float32, StackedRows, _width);
        plan.Tensor(IntegerOps.GatherRows, [gathered, stacked, rows]);
        return gathered;
    }

    private BufferId Scaled(PlanWriter plan, BufferId source)
    {
        BufferId scaled = plan.Like(source);
        plan.Tensor(FloatElementwiseOps.Affine, [scaled, source], [BitConverter.SingleToInt32Bits(Scale), 0]);
        return scaled;
    }

    private bool Drops(FloatLowering lowering) => lowering.Training && _dropout > 0;

    private BufferId Drop(FloatLowering lowering, BufferId weights)
    {
        if (!Drops(lowering))
        {
            return weights;
        }

        PlanWriter plan = lowering.Plan;
        BufferId mask = plan.Like(weights);
        int threshold = (int)((_dropout * (double)MaskUnit) + 0.5);
        plan.WithTemporaries(() =>
        {
            (Register seed, Register stream) = lowering.MaskStream();
            plan.Tensor(DataOps.DropoutMask, [mask], [threshold, BitConverter.SingleToInt32Bits(1 / (1 - _dropout))], seed, stream);
        });
        BufferId dropped = plan.Like(weights);
        plan.Tensor(FloatElementwiseOps.Multiply, [dropped, weights, mask]);
        lowering.Keep(this, Mask, mask);
        return dropped;
    }
}
