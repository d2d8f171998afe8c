using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Core.Validation;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Optimisers;

/// <summary>
/// What Adam and AdamW share. State: exp_avg and exp_avg_sq of every parameter, zeros at the start, and optimizer.powers (1 x 2), beta1^t and
/// beta2^t after t steps, ones at the start. PyTorch computes the powers in binary64 from the number of the step; here they are a chain
/// of fp32 products, which is the same up to some 1e-7 * t.
/// </summary>
/// <param name="LearningRate">PyTorch's lr.</param>
public abstract record AdamOptimiser(float LearningRate) : FloatOptimiser(LearningRate)
{
    private const string Average = "exp_avg";
    private const string AverageOfSquares = "exp_avg_sq";
    private const string Powers = "powers";

    /// <summary>Decay of the average of gradients, 0 to below 1.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the average of squared gradients, 0 to below 1.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Added to the root of the average of squares, finite and above 0.</summary>
    public float Eps { get; init; } = 1e-8f;

    /// <summary>Weight decay, finite and not below 0.</summary>
    public abstract float WeightDecay { get; init; }

    /// <summary>
    /// True if only parameters with two or more dimensions decay, as GPTs are trained: not biases and norms. In PyTorch, and in
    /// its files, these are two groups of parameters: those that decay and the others.
    /// </summary>
    public bool DecayOnlyMatrices { get; init; }

    /// <summary>True if weights decay by themselves (AdamW), false if the decay is a part of the gradient (Adam).</summary>
    private protected abstract bool IsDecoupled { get; }

    /// <inheritdoc/>
    public override ValidationResult Validate()
    {
        foreach ((string field, float beta) in new[] { (nameof(Beta1), Beta1), (nameof(Beta2), Beta2) })
        {
            if (!(beta >= 0 && beta < 1))
            {
                return ValidationResult.Fail(ValidationCode.OutOfRange, field, $"{field} is at least 0 and below 1, not {beta}.");
            }
        }

        if (!(Eps > 0 && float.IsFinite(Eps)))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Eps), $"Eps is a finite number above 0, not {Eps}.");
        }

        return WeightDecay >= 0 && float.IsFinite(WeightDecay)
            ? base.Validate()
            : ValidationResult.Fail(ValidationCode.OutOfRange, nameof(WeightDecay), $"WeightDecay is a finite number not below 0, not {WeightDecay}.");
    }

    /// <inheritdoc/>
    internal override void DeclareState(FloatState state, Parameter parameter)
    {
        state.DeclareOptimiser(parameter, Average);
        state.DeclareOptimiser(parameter, AverageOfSquares);
    }

    /// <inheritdoc/>
    internal override void DeclareShared(FloatState state) => state.DeclareShared(Powers, 2);

    /// <inheritdoc/>
    internal override void InitialiseShared(PlanWriter plan, FloatState state) =>
        plan.Tensor(DataOps.Fill, [state.Shared(Powers)], [Bits(1)]);

    /// <inheritdoc/>
    internal override bool CountsSteps => true;

    /// <inheritdoc/>
    internal override IEnumerable<KeyValuePair<string, float[]>> SharedAfter(long steps) =>
        [new(Powers, [Power(Beta1, steps), Power(Beta2, steps)])];

    /// <inheritdoc/>
    internal override IReadOnlyList<TorchGroup> TorchGroups() => DecayOnlyMatrices
        ? [new(TorchOptions(WeightDecay), IsMatrix), new(TorchOptions(0), static p => !IsMatrix(p))]
        : [new(TorchOptions(WeightDecay), static _ => true)];

    /// <inheritdoc/>
    internal override void BeginStep(PlanWriter plan, FloatState state)
    {
        BufferId betas = plan.Scratch(TensorType.Float32, 1, 2);
        plan.WithTemporaries(() =>
        {
            plan.Store(betas, plan.Constant(Bits(Beta1)));
            plan.Store(betas, plan.Constant(Bits(Beta2)), column: 1);
        });
        BufferId powers = state.Shared(Powers);
        plan.Tensor(FloatElementwiseOps.Multiply, [powers, powers, betas]);
    }

    /// <inheritdoc/>
    internal override void Update(FloatLowering lowering, Parameter parameter, BufferId gradient, BufferId rate)
    {
        float decay = DecayOnlyMatrices && !IsMatrix(parameter) ? 0 : WeightDecay;
        FloatState state = lowering.State;
        lowering.Plan.Tensor(
            FloatOptimiserOps.Adam,
            [lowering.Parameter(parameter), state.Optimiser(parameter, Average), state.Optimiser(parameter, AverageOfSquares), gradient, rate,
                state.Shared(Powers)],
            [Bits(Beta1), Bits(Beta2), Bits(Eps), Bits(decay), IsDecoupled ? 1 : 0]);
    }

    /// <summary>The chain of products of the program. It ends early where a product does not change it any more.</summary>
    private static float Power(float beta, long steps)
    {
        float power = 1;
        for (long i = 0; i < steps; i++)
        {
            float next = power * beta;
            if (next == power)
            {
                break;
            }

            power = next;
        }

        return power;
    }

    private static bool IsMatrix(Parameter parameter) => parameter.Shape.Count >= 2;

    private KeyValuePair<PyTorchKey, PyTorchValue>[] TorchOptions(float weightDecay) =>
    [
        new("lr", new PyTorchNumber((double)LearningRate)),
        new("betas", new PyTorchTuple([new PyTorchNumber((double)Beta1), new PyTorchNumber((double)Beta2)])),
        new("eps", new PyTorchNumber((double)Eps)),
        new("weight_decay", new PyTorchNumber((double)weightDecay)),
        new("amsgrad", new PyTorchNumber(false)),
        new("maximize", new PyTorchNumber(false)),
        new("foreach", PyTorchNone.Value),
        new("capturable", new PyTorchNumber(false)),
        new("differentiable", new PyTorchNumber(false)),
        new("fused", new PyTorchNumber(false)),
    ];

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);
}
