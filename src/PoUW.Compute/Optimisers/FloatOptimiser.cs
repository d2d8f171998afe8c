using PoUW.Compute.Compilation;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Compute.Schedules;
using PoUW.Core.Validation;

namespace PoUW.Compute.Optimisers;

/// <summary>An optimiser of lane R.</summary>
/// <param name="LearningRate">PyTorch's lr.</param>
public abstract record FloatOptimiser(float LearningRate) : Optimiser
{
    /// <inheritdoc/>
    public sealed override Lane Lane => Lane.Reproducible;

    /// <summary>How the learning rate changes from step to step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary>Gradients are scaled down so that the norm of all together is at most this, as clip_grad_norm_; null for no limit.</summary>
    public float? ClipNorm { get; init; }

    /// <inheritdoc/>
    public override ValidationResult Validate()
    {
        if (!(LearningRate >= 0) || !float.IsFinite(LearningRate))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(LearningRate), $"LearningRate is a finite number not below 0, not {LearningRate}.");
        }

        return ClipNorm is { } norm && !(norm > 0 && float.IsFinite(norm))
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(ClipNorm), $"ClipNorm is a finite number above 0, not {norm}.")
            : Schedule.Validate();
    }

    /// <summary>Declares what is kept for a parameter.</summary>
    internal abstract void DeclareState(FloatState state, Parameter parameter);

    /// <summary>Declares what is kept once.</summary>
    internal virtual void DeclareShared(FloatState state)
    {
    }

    /// <summary>The groups of PyTorch's Optimizer.state_dict(), in order.</summary>
    internal abstract IReadOnlyList<TorchGroup> TorchGroups();

    /// <summary>True if PyTorch's state holds the number of steps.</summary>
    internal virtual bool CountsSteps => false;

    /// <summary>The tensors of <see cref="DeclareShared"/> after so many steps: PyTorch's files do not hold them.</summary>
    internal virtual IEnumerable<KeyValuePair<string, float[]>> SharedAfter(long steps) => [];

    /// <summary>Fills what <see cref="DeclareShared"/> declared, at the start.</summary>
    internal virtual void InitialiseShared(PlanWriter plan, FloatState state)
    {
    }

    /// <summary>Changes what <see cref="DeclareShared"/> declared, once a step before the updates.</summary>
    internal virtual void BeginStep(PlanWriter plan, FloatState state)
    {
    }

    /// <summary>Changes a parameter by its gradient. The rate is 1 x 1.</summary>
    internal abstract void Update(FloatLowering lowering, Parameter parameter, BufferId gradient, BufferId rate);
}
