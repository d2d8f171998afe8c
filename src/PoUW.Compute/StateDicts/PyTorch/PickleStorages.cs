using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>The storages of a file, by key. Several tensors may share one.</summary>
internal abstract class PickleStorages(AllocationBudget budget)
{
    private readonly Dictionary<string, PickleStorage> _found = new(StringComparer.Ordinal);

    /// <summary>Number of values of a persistent id.</summary>
    public abstract int IdLength { get; }

    /// <summary>The storages that the pickle refers to.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Found => _found;

    /// <summary>The storage of a key; all references to one must agree.</summary>
    public ValidationResult TryGet(string key, StateTensorType? type, long count, out PickleStorage? storage)
    {
        if (_found.TryGetValue(key, out storage))
        {
            return storage.Type == type && storage.Count == count
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.Malformed, $"data/{key}", "The storage has another type or size elsewhere in the file.");
        }

        if (count < 0 || !budget.TryTake(PickleStorage.Bytes))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, $"data/{key}", "The size is negative, or there are more storages than the file can hold.");
        }

        storage = new PickleStorage(type, count);
        _found.Add(key, storage);
        return TryFill(key, storage);
    }

    /// <summary>Finds the data of a new storage, if it is known already.</summary>
    protected abstract ValidationResult TryFill(string key, PickleStorage storage);
}
