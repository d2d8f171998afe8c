using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// Learned positions: adds row t of a table to position t of every sequence (batch, time, features), as a torch.nn.Embedding of the numbers
/// of the positions does that is added to the input. State: weight (positions, features), normal (0, 1) at the start. Lane R.
/// </summary>
public sealed class PositionEmbedding : Module
{
    private readonly Parameter _weight;

    /// <summary>Describes the table.</summary>
    /// <param name="numPositions">Positions of the longest sequence, at least 1.</param>
    /// <param name="embeddingDim">Features, at least 1.</param>
    /// <param name="initialiser">How it starts; null for PyTorch's default.</param>
    public PositionEmbedding(int numPositions, int embeddingDim, Initialiser? initialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numPositions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(embeddingDim, 1);
        _weight = Register("weight", new Parameter([numPositions, embeddingDim], initialiser ?? Initialiser.Normal(0, 1)));
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.AddPositions(input, _weight);
}
