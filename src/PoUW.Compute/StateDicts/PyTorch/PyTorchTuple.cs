using System.Collections;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A Python tuple; a torch.Size is read as one.</summary>
public sealed class PyTorchTuple : PyTorchValue, IReadOnlyList<PyTorchValue>
{
    private readonly PyTorchValue[] _items;

    /// <summary>Creates a tuple.</summary>
    public PyTorchTuple(IEnumerable<PyTorchValue> items) => _items = [.. items];

    /// <summary>Takes over the array.</summary>
    internal PyTorchTuple(PyTorchValue[] items) => _items = items;

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public PyTorchValue this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<PyTorchValue> GetEnumerator() => ((IEnumerable<PyTorchValue>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
