using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// Which state a snapshot is of. It proves nothing by itself: whoever imports must know from elsewhere, from a finalized header, that the
/// block is on the chain and has this state root.
/// </summary>
/// <param name="Height">The height of a finalized block.</param>
/// <param name="BlockId">The id of the block.</param>
/// <param name="StateRoot">The root of the state after it.</param>
public sealed record SnapshotManifest(ulong Height, Hash256 BlockId, Hash256 StateRoot)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 80;

    /// <summary>The canonical encoding: RLP list (height, block id, state root).</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(Height).Write(BlockId).Write(StateRoot).EndList().ToArray();

    /// <summary>Reads a manifest; checks the form only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out SnapshotManifest? manifest)
    {
        manifest = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(SnapshotManifest), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        SnapshotManifest read = new(items.ReadUInt64(), items.ReadHash(), items.ReadHash());
        if (!items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(SnapshotManifest), "Not the canonical encoding of a snapshot manifest.");
        }

        manifest = read;
        return ValidationResult.Ok;
    }
}
