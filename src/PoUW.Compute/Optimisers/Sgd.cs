using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Core.Validation;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Optimisers;

/// <summary>
/// torch.optim.SGD with momentum, Nesterov momentum and weight decay (dampening 0). State: momentum_buffer. PyTorch's first step sets
/// the buffer to the gradient, which is what a buffer of zeros gives.
/// </summary>
/// <param name="LearningRate">PyTorch's lr.</param>
/// <param name="Momentum">0 for none.</param>
/// <param name="WeightDecay">0 for none.</param>
/// <param name="Nesterov">True for Nesterov momentum; needs a momentum.</param>
public sealed record Sgd(float LearningRate, float Momentum = 0, float WeightDecay = 0, bool Nesterov = false) : FloatOptimiser(LearningRate)
{
    /// <summary>Name of the state.</summary>
    internal const string MomentumBuffer = "momentum_buffer";

    /// <inheritdoc/>
    public override ValidationResult Validate()
    {
        if (!(Momentum >= 0 && Momentum < 1))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Momentum), $"Momentum is at least 0 and below 1, not {Momentum}.");
        }

        if (!(WeightDecay >= 0 && float.IsFinite(WeightDecay)))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(WeightDecay), $"WeightDecay is a finite number not below 0, not {WeightDecay}.");
        }

        return Nesterov && Momentum == 0
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Nesterov), "Nesterov needs a Momentum above 0.")
            : base.Validate();
    }

    /// <inheritdoc/>
    internal override void DeclareState(FloatState state, Parameter parameter)
    {
        if (Momentum > 0)
        {
            state.DeclareOptimiser(parameter, MomentumBuffer);
        }
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<TorchGroup> TorchGroups() => [new(TorchOptions(), static _ => true)];

    /// <inheritdoc/>
    internal override void Update(FloatLowering lowering, Parameter parameter, BufferId gradient, BufferId rate)
    {
        BufferId weights = lowering.Parameter(parameter);
        int decay = BitConverter.SingleToInt32Bits(WeightDecay);
        if (Momentum == 0)
        {
            lowering.Plan.Tensor(FloatOptimiserOps.Sgd, [weights, gradient, rate], [decay]);
            return;
        }

        BufferId velocity = lowering.State.Optimiser(parameter, MomentumBuffer);
        lowering.Plan.Tensor(
            FloatOptimiserOps.SgdMomentum, [weights, velocity, gradient, rate], [BitConverter.SingleToInt32Bits(Momentum), decay, Nesterov ? 1 : 0]);
    }

    private KeyValuePair<PyTorchKey, PyTorchValue>[] TorchOptions() =>
    [
        new("lr", new PyTorchNumber((double)LearningRate)),
        new("momentum", new PyTorchNumber((double)Momentum)),
        new("dampening", new PyTorchNumber(0L)),
        new("weight_decay", new PyTorchNumber((double)WeightDecay)),
        new("nesterov", new PyTorchNumber(Nesterov)),
        new("maximize", new PyTorchNumber(false)),
        new("foreach", PyTorchNone.Value),
        new("differentiable", new PyTorchNumber(false)),
    ];
}
