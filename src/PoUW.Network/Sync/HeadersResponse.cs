using PoUW.Core.Codec;
using PoUW.Core.Headers;

namespace PoUW.Network.Sync;

/// <summary>
/// Consecutive headers of the answering node's chain, oldest first; none when the asker is not behind. Encoding: RLP list (height of the
/// head, lowest height with witness, list of headers). The heights are claims.
/// </summary>
/// <param name="HeadHeight">The height of the answering node's head. Headers may end below it: the asker asks again.</param>
/// <param name="WitnessFloor">From this height on the answering node has the witness of every block.</param>
/// <param name="Headers">At most as many as were asked for.</param>
public sealed record HeadersResponse(ulong HeadHeight, ulong WitnessFloor, IReadOnlyList<HeaderAnnouncement> Headers)
{
    /// <summary>Largest encoding in bytes of an answer with a number of headers.</summary>
    public static int MaxEncodedBytes(int count) => (count * AnnouncedHeader.MaxEncodedBytes) + 64;

    /// <summary>Encodes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write(HeadHeight).Write(WitnessFloor).BeginList();
        foreach (HeaderAnnouncement header in Headers)
        {
            AnnouncedHeader.Write(writer, header);
        }

        return writer.EndList().EndList().Finish();
    }

    /// <summary>Reads an answer to a request for a number of headers; null if it is none.</summary>
    public static HeadersResponse? TryDecode(ReadOnlySpan<byte> encoded, int count)
    {
        if (encoded.Length > MaxEncodedBytes(count))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        (ulong head, ulong floor) = (items.ReadUInt64(), items.ReadUInt64());
        RlpReader list = items.ReadList();
        List<HeaderAnnouncement> headers = [];
        while (!list.AtEnd && headers.Count < count)
        {
            if (AnnouncedHeader.Read(ref list) is not { } header)
            {
                return null;
            }

            headers.Add(header);
        }

        return list.TryFinish() && items.TryFinish() && outer.TryFinish() ? new HeadersResponse(head, floor, headers) : null;
    }
}
