using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace PoUW.Compute.StateDicts;

/// <summary>Named tensors in the order in which they were given. Immutable; members may be called from any thread.</summary>
public sealed class StateDict : IReadOnlyCollection<KeyValuePair<string, StateTensor>>
{
    private readonly OrderedDictionary<string, StateTensor> _tensors;

    /// <summary>Creates a state dict.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    public StateDict(IEnumerable<KeyValuePair<string, StateTensor>> tensors)
        : this(new OrderedDictionary<string, StateTensor>())
    {
        foreach ((string name, StateTensor tensor) in tensors)
        {
            if (!_tensors.TryAdd(name, tensor))
            {
                throw new ArgumentException($"The name '{name}' is used twice.", nameof(tensors));
            }
        }
    }

    /// <summary>Takes over the dictionary.</summary>
    internal StateDict(OrderedDictionary<string, StateTensor> tensors) => _tensors = tensors;

    /// <summary>Number of tensors.</summary>
    public int Count => _tensors.Count;

    /// <summary>The names, in order.</summary>
    public IReadOnlyList<string> Names => _tensors.Keys;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="StateDictException">There is none.</exception>
    public StateTensor this[string name] =>
        TryGet(name, out StateTensor? tensor) ? tensor : throw new StateDictException($"There is no tensor '{name}' among the {Count}.");

    /// <summary>Finds the tensor of a name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StateTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>True if there is a tensor of the name.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, StateTensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
