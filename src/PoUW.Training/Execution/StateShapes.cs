using System.Text;
using PoUW.Compute.StateDicts;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Execution;

/// <summary>
/// The tensors of a state of lane T, so that a state dict can travel and be committed as the states of the machine are: a tensor of several dimensions lies
/// in a matrix of as many rows as its first has. Immutable.
/// </summary>
public sealed class StateShapes
{
    // Beside its data a tensor has a name and a few numbers in the encoding.
    private const int MaxFieldBytes = ModelState.MaxNameBytes + 32;

    private readonly (string Name, StateTensorType Type, long[] Shape)[] _tensors;

    /// <summary>Takes the shapes of a state.</summary>
    /// <exception cref="TrainingException">
    /// A tensor is neither fp32 nor Int64, is empty, or has a name of more than 255 bytes; or all together are larger than one array can be.
    /// </exception>
    public StateShapes(StateDict state)
    {
        _tensors = [.. state.Select(static entry => ShapeOf(entry.Key, entry.Value))];
        long bytes = state.Sum(static entry => (long)entry.Value.Data.Length + MaxFieldBytes);
        if (bytes > Array.MaxLength)
        {
            throw new TrainingException($"A state of about {bytes} bytes is too large to be encoded.");
        }
    }

    /// <summary>The state as it is committed.</summary>
    /// <exception cref="TrainingException">It has other tensors than the state that the shapes were taken from.</exception>
    public ModelState ToModelState(StateDict state)
    {
        if (!state.Names.SequenceEqual(_tensors.Select(static tensor => tensor.Name)))
        {
            throw new TrainingException($"The state has the tensors {string.Join(", ", state.Names)}; others were there at the beginning.");
        }

        List<(string Name, Tensor Tensor)> tensors = [];
        foreach ((string name, StateTensorType type, long[] shape) in _tensors)
        {
            StateTensor from = state[name];
            if (from.Type != type || !from.Shape.SequenceEqual(shape))
            {
                throw new TrainingException($"'{name}' is {from}, not {type}[{string.Join(", ", shape)}].");
            }

            Tensor matrix = new(TypeOf(type), RowsOf(shape), ColumnsOf(shape));
            from.Data.Span.CopyTo(matrix.Bytes);
            tensors.Add((name, matrix));
        }

        return new ModelState(tensors);
    }

    /// <summary>The state as engines take it.</summary>
    /// <exception cref="TrainingException">It is not a state of this job.</exception>
    public StateDict ToStateDict(ModelState state)
    {
        if (state.Tensors.Count != _tensors.Length)
        {
            throw new TrainingException($"The state has {state.Tensors.Count} tensors, not {_tensors.Length}.");
        }

        List<KeyValuePair<string, StateTensor>> tensors = [];
        for (int i = 0; i < _tensors.Length; i++)
        {
            (string name, StateTensorType type, long[] shape) = _tensors[i];
            (string found, Tensor matrix) = state.Tensors[i];
            bool same = found == name && matrix.Type == TypeOf(type) && matrix.Rows == RowsOf(shape) && matrix.Columns == ColumnsOf(shape);
            tensors.Add(same
                ? new(name, new StateTensor(type, shape, matrix.Bytes.ToArray()))
                : throw new TrainingException($"Tensor {i} of the state is '{found}', {matrix.Type}[{matrix.Rows}, {matrix.Columns}]: not '{name}' of this job."));
        }

        return new StateDict(tensors);
    }

    private static (string Name, StateTensorType Type, long[] Shape) ShapeOf(string name, StateTensor tensor)
    {
        if (Encoding.UTF8.GetByteCount(name) > ModelState.MaxNameBytes)
        {
            throw new TrainingException($"'{name}' is too long: names of tensors have at most {ModelState.MaxNameBytes} bytes.");
        }

        // Rows and columns fit 32 bits, since the data of a tensor that is not empty does.
        bool known = tensor.Type is StateTensorType.Float32 or StateTensorType.Int64;
        return known && tensor.Length > 0
            ? (name, tensor.Type, [.. tensor.Shape])
            : throw new TrainingException($"'{name}' is {tensor}; states of lane T hold fp32 and Int64 tensors that are not empty.");
    }

    private static TensorType TypeOf(StateTensorType type) => type == StateTensorType.Int64 ? TensorType.Int64 : TensorType.Float32;

    private static int RowsOf(long[] shape) => shape.Length == 0 ? 1 : (int)shape[0];

    private static int ColumnsOf(long[] shape) => (int)shape.Skip(1).Aggregate(1L, static (product, size) => product * size);
}
