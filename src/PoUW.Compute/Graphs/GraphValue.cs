namespace PoUW.Compute.Graphs;

/// <summary>
/// A value of a model that is being built: what <see cref="Modules.Module.Apply"/> and <see cref="Functional"/> take and return. It has
/// a shape, but no numbers. Shapes are PyTorch's: (batch, features), (batch, time, features) or (batch, channels, height, width).
/// In memory a value is a matrix: images are NHWC with a row a pixel, sequences have a row a position.
/// </summary>
public sealed class GraphValue
{
    internal GraphValue(ModelGraph graph, IReadOnlyList<int> shape, ElementKind kind, GraphOperation? producer, ImageFeatures? features = null)
    {
        (Graph, Shape, Kind, Producer, Features) = (graph, shape, kind, producer, features);
        Index = graph.NextValue();
    }

    /// <summary>PyTorch's shape, the batch first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>What the elements are.</summary>
    public ElementKind Kind { get; }

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Count;

    /// <summary>Samples of a batch.</summary>
    public int Batch => Shape[0];

    internal ModelGraph Graph { get; }

    /// <summary>The operation that computes it; null for the input.</summary>
    internal GraphOperation? Producer { get; }

    /// <summary>Not null for flattened images, whose features lie in the order (height, width, channels).</summary>
    internal ImageFeatures? Features { get; }

    /// <summary>Number of the value in its graph.</summary>
    internal int Index { get; }

    /// <summary>The operation that uses it, if there is exactly one and the value is not the output of the model.</summary>
    internal GraphOperation? SoleUser { get; private set; }

    private bool IsUsed { get; set; }

    /// <summary>True if a parameter has a part in it.</summary>
    internal bool RequiresGradient => Producer is { RequiresGradient: true };

    /// <summary>Columns of the matrix: channels of an image, else the last dimension.</summary>
    internal int Columns => Rank == 4 ? Shape[1] : Shape[^1];

    /// <summary>Rows of the matrix.</summary>
    internal int Rows => checked((int)(Shape.Aggregate(1L, static (product, size) => product * size) / Columns));

    /// <summary>Says that an operation uses it, or, with null, that it is the output of the model.</summary>
    internal void AddUser(GraphOperation? user) => (SoleUser, IsUsed) = (IsUsed ? null : user, true);

    /// <summary>The sum of two values of one shape.</summary>
    public static GraphValue operator +(GraphValue left, GraphValue right) => Functional.Add(left, right);

    /// <summary>The shape, as "(64, 1, 28, 28)".</summary>
    public override string ToString() => $"({string.Join(", ", Shape)})";
}
