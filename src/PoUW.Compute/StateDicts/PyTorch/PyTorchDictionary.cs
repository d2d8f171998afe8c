using System.Collections;
using System.Diagnostics.CodeAnalysis;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>A Python dict or collections.OrderedDict, in the order of insertion.</summary>
public sealed class PyTorchDictionary : PyTorchValue, IReadOnlyCollection<KeyValuePair<PyTorchKey, PyTorchValue>>
{
    /// <summary>Shared by all empty dicts of files (each tensor has one), which never write to it.</summary>
    private static readonly OrderedDictionary<PyTorchKey, PyTorchValue> Nothing = [];

    /// <summary>What the first pairs and every pair cost at most; the capacity is rounded up to a prime.</summary>
    private const int EmptyBytes = 256;
    private const int PairBytes = 52;

    private OrderedDictionary<PyTorchKey, PyTorchValue> _items = Nothing;

    /// <summary>Creates a dict.</summary>
    /// <param name="items">The pairs.</param>
    /// <param name="isOrdered">True for an OrderedDict.</param>
    /// <exception cref="ArgumentException">A key is used twice.</exception>
    public PyTorchDictionary(IEnumerable<KeyValuePair<PyTorchKey, PyTorchValue>> items, bool isOrdered = false)
    {
        IsOrdered = isOrdered;
        _items = [];
        foreach ((PyTorchKey key, PyTorchValue value) in items)
        {
            if (!_items.TryAdd(key, value))
            {
                throw new ArgumentException($"The key '{key}' is used twice.", nameof(items));
            }
        }
    }

    /// <summary>An empty one, which the reader fills before anybody else sees it.</summary>
    internal PyTorchDictionary(bool isOrdered) => IsOrdered = isOrdered;

    /// <summary>True if Python would see a collections.OrderedDict.</summary>
    public bool IsOrdered { get; }

    /// <summary>Number of pairs.</summary>
    public int Count => _items.Count;

    /// <summary>The value of a key.</summary>
    /// <exception cref="StateDictException">There is none.</exception>
    public PyTorchValue this[PyTorchKey key] =>
        TryGet(key, out PyTorchValue? value) ? value : throw new StateDictException($"There is no key '{key}' among the {Count}.");

    /// <summary>Finds the value of a key.</summary>
    public bool TryGet(PyTorchKey key, [NotNullWhen(true)] out PyTorchValue? value) => _items.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<PyTorchKey, PyTorchValue>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds pairs, key before value; for the reader.</summary>
    internal ValidationResult Add(ReadOnlySpan<PyTorchValue> pairs, AllocationBudget budget)
    {
        int needed = _items.Count + (pairs.Length / 2);
        if (needed > 0 && needed > _items.Capacity)
        {
            int capacity = Math.Max(needed, Math.Min(2 * _items.Capacity, Array.MaxLength / 2));
            if (!budget.TryTake(EmptyBytes + ((long)capacity * PairBytes)))
            {
                return ValidationResult.Fail(ValidationCode.TooLarge, "", "The dict needs more memory than a file of this size may use.");
            }

            _items = _items == Nothing ? new(capacity) : _items;
            _items.EnsureCapacity(capacity);
        }

        for (int i = 0; i < pairs.Length; i += 2)
        {
            PyTorchKey? key = pairs[i] switch
            {
                PyTorchText text => text.Value,
                PyTorchNumber { Kind: PyTorchNumberKind.Integer } number => number.ToInt64(),
                _ => null,
            };
            if (key is null || !_items.TryAdd(key.Value, pairs[i + 1]))
            {
                string problem = key is null ? "A key of a dict is neither text nor int." : "A key of a dict is used twice.";
                return ValidationResult.Fail(ValidationCode.Malformed, "", problem);
            }
        }

        return ValidationResult.Ok;
    }
}
