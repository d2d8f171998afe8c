using PoUW.Core.Blocks;
using PoUW.Core.Codec;

namespace PoUW.Sdk.Sync;

/// <summary>Consecutive blocks of the answering node's chain, oldest first; empty when the asker is not behind.</summary>
/// <param name="Blocks">At most <see cref="MaxBlocks"/> blocks.</param>
internal sealed record SyncResponse(IReadOnlyList<Block> Blocks)
{
    public const int MaxBlocks = 32;

    /// <summary>An answer is cut after the block that passes this size; one block always fits into a response.</summary>
    public const int TargetBytes = 1024 * 1024;

    public static byte[] Encode(IEnumerable<byte[]> encodedBlocks)
    {
        RlpWriter writer = new RlpWriter().BeginList();
        foreach (byte[] block in encodedBlocks)
        {
            writer.WriteEncoded(block);
        }

        return writer.EndList().Finish();
    }

    public static SyncResponse? TryDecode(ReadOnlySpan<byte> encoded, int maxBlockBytes)
    {
        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        List<Block> blocks = [];
        while (!items.AtEnd && blocks.Count < MaxBlocks)
        {
            if (!Block.TryDecode(items.ReadEncodedItem(), maxBlockBytes, out Block? block).IsValid)
            {
                return null;
            }

            blocks.Add(block!);
        }

        return outer.TryFinish() && items.TryFinish() ? new SyncResponse(blocks) : null;
    }
}
