using PoUW.Compute.Data;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// The samples of a data set as a recipe takes them. The bytes of a column lie in the order of the recipe's shape, row-major, with one exception: images that
/// a data set holds as [height, width, channels] become [channels, height, width]. Immutable, any thread.
/// </summary>
public sealed class ToleranceSamples
{
    private readonly ToleranceRecipe _recipe;
    private readonly bool _channelsLast;

    /// <summary>Checks that the data fits the recipe.</summary>
    /// <exception cref="ToleranceException">The recipe is out of its limits, a column is missing or of another type or size, or there is less than one batch.</exception>
    public ToleranceSamples(ToleranceRecipe recipe, Dataset data)
    {
        if (recipe.Validate() is { IsValid: false } bad)
        {
            throw new ToleranceException($"{bad.Field}: {bad.Message}");
        }

        (_recipe, Data) = (recipe, data);
        DatasetColumn inputs = Column(data, recipe.InputColumn, recipe.InputLength);
        Column(data, recipe.LabelColumn, 1);
        if (data.Count < recipe.BatchSize)
        {
            throw new ToleranceException($"{data.Count} samples are no batch of {recipe.BatchSize}.");
        }

        _channelsLast = recipe.InputShape is [int channels, int height, int width]
            && inputs.Shape.SequenceEqual([height, width, channels]) && !inputs.Shape.SequenceEqual(recipe.InputShape);
    }

    /// <summary>The data.</summary>
    public Dataset Data { get; }

    /// <summary>The class of a sample.</summary>
    public byte Label(int sample) => Data.Value(sample, _recipe.LabelColumn)[0];

    /// <summary>Copies the bytes of a sample's input, in the order of the recipe's shape.</summary>
    /// <param name="sample">Number of the sample.</param>
    /// <param name="target">As many bytes as an input has.</param>
    public void Read(int sample, Span<byte> target)
    {
        ReadOnlySpan<byte> source = Data.Value(sample, _recipe.InputColumn);
        if (_channelsLast)
        {
            Transpose(source, target, source.Length / _recipe.InputShape[0], _recipe.InputShape[0]);
        }
        else
        {
            source.CopyTo(target);
        }
    }

    /// <summary>The same, with images as [height, width, channels], which is how this project's kernels take them.</summary>
    internal void ReadChannelsLast(int sample, Span<byte> target)
    {
        ReadOnlySpan<byte> source = Data.Value(sample, _recipe.InputColumn);
        if (_channelsLast || _recipe.InputShape.Count != 3)
        {
            source.CopyTo(target);
        }
        else
        {
            Transpose(source, target, _recipe.InputShape[0], source.Length / _recipe.InputShape[0]);
        }
    }

    /// <summary>A matrix of rows and columns becomes one of columns and rows.</summary>
    private static void Transpose(ReadOnlySpan<byte> source, Span<byte> target, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                target[(column * rows) + row] = source[(row * columns) + column];
            }
        }
    }

    private static DatasetColumn Column(Dataset data, string name, int width)
    {
        if (!data.TryColumn(name, out DatasetColumn? column))
        {
            throw new ToleranceException($"The data has no column '{name}'.");
        }

        return column!.Type == TensorType.UInt8 && column.Width == width
            ? column
            : throw new ToleranceException($"The data has {column}; {width} of UInt8 a sample are expected.");
    }
}
