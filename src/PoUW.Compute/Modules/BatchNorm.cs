using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>What <see cref="BatchNorm1d"/> and <see cref="BatchNorm2d"/> have in common. Immutable.</summary>
public abstract class BatchNorm : Module
{
    private readonly Parameter? _weight;
    private readonly Parameter? _bias;
    private readonly BatchNormStatistics _statistics;
    private readonly int _rank;

    private protected BatchNorm(int numFeatures, float eps, float momentum, bool affine, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numFeatures, 1);
        if (!(eps > 0 && float.IsFinite(eps)))
        {
            throw new ArgumentOutOfRangeException(nameof(eps), eps, "eps is a finite number above 0.");
        }

        if (!(momentum >= 0 && momentum <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "momentum is 0 to 1.");
        }

        (NumFeatures, _rank) = (numFeatures, rank);
        if (affine)
        {
            _weight = Register("weight", new Parameter([numFeatures], Initialiser.Ones));
            _bias = Register("bias", new Parameter([numFeatures], Initialiser.Zeros));
        }

        _statistics = new BatchNormStatistics(
            Register("running_mean", new StateBuffer(numFeatures, 0)),
            Register("running_var", new StateBuffer(numFeatures, 1)),
            Register("num_batches_tracked", new StateBuffer(1, 0, isCounter: true)),
            momentum,
            eps);
    }

    /// <summary>Channels.</summary>
    public int NumFeatures { get; }

    /// <inheritdoc/>
    protected sealed override GraphValue Forward(GraphValue input) => input.Rank == _rank
        ? Functional.BatchNorm(input, _weight, _bias, _statistics)
        : throw new ModelException($"{GetType().Name}: the input {input} has {input.Rank} dimensions; it must have {_rank}.", input.Graph.Scope);
}
