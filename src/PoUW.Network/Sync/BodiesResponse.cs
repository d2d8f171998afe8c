using PoUW.Core.Blocks;
using PoUW.Core.Codec;

namespace PoUW.Network.Sync;

/// <summary>
/// Blocks in the order in which they were asked for; those that the answering node does not have are left out, and the answer may end early.
/// Encoding: RLP list (lowest height with witness, list of blocks).
/// </summary>
/// <param name="WitnessFloor">From this height on the answering node has the witness of every block.</param>
/// <param name="Blocks">The blocks.</param>
public sealed record BodiesResponse(ulong WitnessFloor, IReadOnlyList<Block> Blocks)
{
    /// <summary>Largest encoding in bytes: one block may be longer than an answer should be.</summary>
    public static int MaxEncodedBytes(int answerBytes, int maxBlockBytes) => Math.Max(answerBytes, Block.MaxEncodedBytes(maxBlockBytes)) + 64;

    /// <summary>Encodes an answer of encoded blocks.</summary>
    public static byte[] Encode(ulong witnessFloor, IReadOnlyList<byte[]> encodedBlocks)
    {
        RlpWriter writer = new RlpWriter().BeginList().Write(witnessFloor).BeginList();
        foreach (byte[] block in encodedBlocks)
        {
            writer.WriteEncoded(block);
        }

        return writer.EndList().EndList().Finish();
    }

    /// <summary>Reads an answer to a request for a number of blocks; null if it is none.</summary>
    public static BodiesResponse? TryDecode(ReadOnlySpan<byte> encoded, int count, int answerBytes, int maxBlockBytes)
    {
        if (encoded.Length > MaxEncodedBytes(answerBytes, maxBlockBytes))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        ulong floor = items.ReadUInt64();
        RlpReader list = items.ReadList();
        List<Block> blocks = [];
        while (!list.AtEnd && blocks.Count < count)
        {
            if (!Block.TryDecode(list.ReadEncodedItem(), maxBlockBytes, out Block? block).IsValid)
            {
                return null;
            }

            blocks.Add(block!);
        }

        return list.TryFinish() && items.TryFinish() && outer.TryFinish() ? new BodiesResponse(floor, blocks) : null;
    }
}
