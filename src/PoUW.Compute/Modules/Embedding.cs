using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.Embedding: indices (batch, time) to rows of a table. State: weight (numEmbeddings, embeddingDim), normal (0, 1) at the start.
/// An index outside the table stops the program. Lane R.
/// </summary>
public sealed class Embedding : Module
{
    /// <summary>Describes the table.</summary>
    /// <param name="numEmbeddings">Rows, at least 1.</param>
    /// <param name="embeddingDim">Features, at least 1.</param>
    /// <param name="initialiser">How it starts; null for PyTorch's default.</param>
    public Embedding(int numEmbeddings, int embeddingDim, Initialiser? initialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numEmbeddings, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(embeddingDim, 1);
        (NumEmbeddings, EmbeddingDim) = (numEmbeddings, embeddingDim);
        Weight = Register("weight", new Parameter([numEmbeddings, embeddingDim], initialiser ?? Initialiser.Normal(0, 1)));
    }

    /// <summary>Rows.</summary>
    public int NumEmbeddings { get; }

    /// <summary>Features of a row.</summary>
    public int EmbeddingDim { get; }

    /// <summary>The table, for tying it to another module.</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Embedding(input, Weight);
}
