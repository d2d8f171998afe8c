namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A tensor; views of a file are made contiguous.</summary>
public sealed class PyTorchTensor : PyTorchValue
{
    private StateTensor? _tensor;

    /// <summary>Creates a node for a tensor.</summary>
    public PyTorchTensor(StateTensor tensor) => _tensor = tensor;

    /// <summary>A tensor whose storage is not read yet.</summary>
    internal PyTorchTensor()
    {
    }

    /// <summary>The tensor.</summary>
    public StateTensor Tensor => _tensor ?? throw new InvalidOperationException("The storage of the tensor is not read yet.");

    /// <inheritdoc/>
    public override string ToString() => _tensor?.ToString() ?? "tensor";

    internal void Resolve(StateTensor tensor) => _tensor = tensor;
}
