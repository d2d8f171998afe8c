using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Storages of an archive: one entry each, read when the pickle refers to it.</summary>
internal sealed class ArchiveStorages(TorchArchive archive, AllocationBudget budget) : PickleStorages(budget)
{
    private const string Folder = "data/";

    /// <inheritdoc/>
    public override int IdLength => 5;

    /// <inheritdoc/>
    protected override ValidationResult TryFill(string key, PickleStorage storage)
    {
        Span<char> name = stackalloc char[Folder.Length + key.Length];
        Folder.CopyTo(name);
        key.CopyTo(name[Folder.Length..]);
        ValidationResult result = archive.TryRead(name, out ReadOnlyMemory<byte> data);
        if (result.IsValid && data.Length != storage.ByteLength)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, Folder + key, $"The entry has {data.Length} bytes, the pickle says {storage.ByteLength}.");
        }

        storage.Data = data;
        return result;
    }
}
