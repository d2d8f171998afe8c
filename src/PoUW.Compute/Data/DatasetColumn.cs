using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>One column of a data set: every sample has a value of this type and shape. Immutable; equal by content.</summary>
/// <param name="Name">1 to 64 of a-z, 0-9, '.', '_' and '-', as slots of programs are named.</param>
/// <param name="Type">UInt8, Int32 or Float32; little-endian in the records.</param>
/// <param name="Shape">1 to 8 dimensions of one sample, outermost first; an image is [rows, columns, channels], a number is [1].</param>
public sealed record DatasetColumn(string Name, TensorType Type, IReadOnlyList<int> Shape)
{
    /// <summary>Characters of a name at most.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Dimensions at most.</summary>
    public const int MaxDimensions = 8;

    /// <summary>Name of the column.</summary>
    /// <exception cref="ArgumentException">Name, type or shape is not allowed.</exception>
    public string Name { get; } = Problem(Name, Type, Shape) is { } problem ? throw new ArgumentException(problem) : Name;

    /// <summary>Type of the elements.</summary>
    public TensorType Type { get; } = Type;

    /// <summary>Dimensions of one sample, outermost first.</summary>
    public IReadOnlyList<int> Shape { get; } = Array.AsReadOnly([.. Shape]);

    /// <summary>Elements of one sample: the product of the shape.</summary>
    public int Width { get; } = Shape.Aggregate(1, (product, size) => product * size);

    /// <summary>Bytes of one sample.</summary>
    public int RecordBytes => Width * Tensor.ElementSize(Type);

    /// <inheritdoc/>
    public bool Equals(DatasetColumn? other) =>
        other is not null && Name == other.Name && Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked(Name.Aggregate(Width, (hash, c) => (hash * 31) + c));

    /// <summary>"images UInt8 [28, 28, 1]".</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Shape)}]";

    /// <summary>What is wrong with a name, a type or a shape; null if nothing is.</summary>
    internal static string? Problem(string name, TensorType type, IReadOnlyList<int> shape)
    {
        if (name.Length is 0 or > MaxNameLength || !name.All(IsNameCharacter))
        {
            return $"'{Shorten(name)}' is no column name: use 1 to {MaxNameLength} of a-z, 0-9, '.', '_' and '-'.";
        }

        if (type is not (TensorType.UInt8 or TensorType.Int32 or TensorType.Float32))
        {
            return $"Column '{name}' has type {type}; allowed are UInt8, Int32 and Float32.";
        }

        if (shape.Count is 0 or > MaxDimensions)
        {
            return $"Column '{name}' has {shape.Count} dimensions; allowed are 1 to {MaxDimensions}.";
        }

        long bytes = Tensor.ElementSize(type);
        foreach (int size in shape)
        {
            if (size < 1 || (bytes *= size) > Array.MaxLength)
            {
                return $"Column '{name}' has the shape [{string.Join(", ", shape)}]: every size is at least 1, and a sample has at most {Array.MaxLength} bytes.";
            }
        }

        return null;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-';

    private static string Shorten(string name) => name.Length <= MaxNameLength ? name : string.Concat(name.AsSpan(0, MaxNameLength), "...");
}
