using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Replay;

/// <summary>
/// The ids of a source's blocks up to a checkpoint, each computed from its header, each the parent of the next, the last one the
/// checkpoint's. 32 bytes a block. Immutable.
/// </summary>
internal sealed class VouchedIds
{
    private readonly ulong _first;
    private readonly List<Hash256> _ids;

    private VouchedIds(ulong first, List<Hash256> ids)
    {
        _first = first;
        _ids = ids;
    }

    /// <summary>How many blocks the checkpoint vouches for.</summary>
    internal ulong Count => (ulong)_ids.Count;

    /// <summary>Reads the headers above a block up to the checkpoint and checks that they lead from the one to the other.</summary>
    internal static ValidationResult TryRead(
        IBlockSource source, Checkpoint from, Checkpoint checkpoint, CancellationToken cancellation, out VouchedIds? vouched)
    {
        vouched = null;
        List<Hash256> ids = [];
        Hash256 parent = from.Id;
        for (ulong height = from.Height + 1; height <= checkpoint.Height; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (source.HeaderAt(height) is not { } header)
            {
                return Refuse($"The source has no header at height {height}; the checkpoint is at {checkpoint.Height}.");
            }

            if (header.Height != height || header.ParentHash != parent)
            {
                return Refuse($"The header at height {height} is not a child of {parent}.");
            }

            parent = header.Id;
            ids.Add(parent);
        }

        if (parent != checkpoint.Id)
        {
            return Refuse($"The headers lead to {parent} at height {checkpoint.Height}, where {checkpoint.Id} is final.");
        }

        vouched = new VouchedIds(from.Height + 1, ids);
        return ValidationResult.Ok;
    }

    /// <summary>The only id at a height that the checkpoint vouches for; null above the checkpoint.</summary>
    internal Hash256? At(ulong height) => height >= _first && height - _first < (ulong)_ids.Count ? _ids[(int)(height - _first)] : null;

    private static ValidationResult Refuse(string message) =>
        ValidationResult.Fail(ValidationCode.WrongCheckpoint, nameof(BlockHeader.ParentHash), message);
}
