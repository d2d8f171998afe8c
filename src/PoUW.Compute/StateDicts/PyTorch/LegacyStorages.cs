using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Storages of a file of the older format: they follow the pickles, in the order of a list of keys.</summary>
internal sealed class LegacyStorages(AllocationBudget budget) : PickleStorages(budget)
{
    /// <inheritdoc/>
    public override int IdLength => 6;

    /// <summary>Reads the data that follows the pickles: for each key the number of elements and the elements.</summary>
    public ValidationResult TryRead(ReadOnlyMemory<byte> data, PyTorchValue keys)
    {
        if (keys is not PyTorchList list || list.Count != Found.Count)
        {
            return Bad("keys", $"There is no list of {Found.Count} keys.");
        }

        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is not PyTorchText key || !Found.TryGetValue(key.Value, out PickleStorage? storage) || storage.Data is not null)
            {
                return Bad("keys", $"Key {i} belongs to no storage, or appears twice.");
            }

            if (data.Length < sizeof(long) || BinaryPrimitives.ReadInt64LittleEndian(data.Span) != storage.Count
                || storage.ByteLength > data.Length - sizeof(long))
            {
                return Bad($"data/{key}", $"The storage of {storage.Count} elements is not there, or the file ends before.");
            }

            storage.Data = data.Slice(sizeof(long), (int)storage.ByteLength);
            data = data[(sizeof(long) + (int)storage.ByteLength)..];
        }

        return data.IsEmpty ? ValidationResult.Ok : Bad("data", $"{data.Length} bytes follow the last storage.");
    }

    /// <inheritdoc/>
    protected override ValidationResult TryFill(string key, PickleStorage storage) => ValidationResult.Ok;

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
