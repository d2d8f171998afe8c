using System.Collections;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A Python list.</summary>
public sealed class PyTorchList : PyTorchValue, IReadOnlyList<PyTorchValue>
{
    private readonly List<PyTorchValue> _items;

    /// <summary>Creates a list.</summary>
    public PyTorchList(IEnumerable<PyTorchValue> items) => _items = [.. items];

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public PyTorchValue this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<PyTorchValue> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds values; for the reader, which fills the list before anybody else sees it.</summary>
    internal ValidationResult Add(ReadOnlySpan<PyTorchValue> items, AllocationBudget budget)
    {
        int needed = _items.Count + items.Length;
        if (needed > _items.Capacity)
        {
            int capacity = Math.Max(needed, Math.Min(2 * _items.Capacity, Array.MaxLength / 2));
            if (!budget.TryTakeArray(capacity, AllocationBudget.ReferenceBytes))
            {
                return ValidationResult.Fail(ValidationCode.TooLarge, "", "The list needs more memory than a file of this size may use.");
            }

            _items.Capacity = capacity;
        }

        _items.AddRange(items);
        return ValidationResult.Ok;
    }
}
