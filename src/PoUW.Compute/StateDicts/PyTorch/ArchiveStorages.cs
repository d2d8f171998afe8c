using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Storages of an archive: one entry each, read when the pickle refers to it.</summary>
internal sealed class ArchiveStorages(TorchArchive archive, AllocationBudget budget) : PickleStorages(budget)
{
    /// <inheritdoc/>
    public override int IdLength => 5;

    /// <inheritdoc/>
    protected override ValidationResult TryFill(string key, PickleStorage storage)
    {
        ValidationResult result = archive.TryRead($"data/{key}", out ReadOnlyMemory<byte> data);
        if (result.IsValid && data.Length != storage.ByteLength)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, $"data/{key}", $"The entry has {data.Length} bytes, the pickle says {storage.ByteLength}.");
        }

        storage.Data = data;
        return result;
    }
}
