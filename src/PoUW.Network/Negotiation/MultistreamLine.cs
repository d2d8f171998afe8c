using System.Text;
using System.Text.Unicode;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Negotiation;

/// <summary>The lines of multistream-select: a varint of the bytes that follow, text in UTF-8, a line feed.</summary>
public static class MultistreamLine
{
    /// <summary>Reads a line from the front. Never throws.</summary>
    /// <param name="source">Bytes of a peer, from the start of a line.</param>
    /// <param name="maxBytes">The most bytes that the length may announce.</param>
    /// <param name="text">The text without its line feed; empty unless a line was read.</param>
    /// <returns>The bytes that the line takes; 0 if more are needed; -1 if no line begins so.</returns>
    public static int TryRead(ReadOnlySpan<byte> source, int maxBytes, out string text)
    {
        text = "";
        int prefix = Varint.TryRead(source, out ulong length);
        if (prefix <= 0)
        {
            return prefix;
        }

        if (length == 0 || length > (ulong)Math.Max(maxBytes, 0))
        {
            return -1;
        }

        if (source.Length - prefix < (int)length)
        {
            return 0;
        }

        ReadOnlySpan<byte> line = source.Slice(prefix, (int)length);
        if (line[^1] != '\n' || !Utf8.IsValid(line))
        {
            return -1;
        }

        text = Encoding.UTF8.GetString(line[..^1]);
        return prefix + (int)length;
    }

    /// <summary>Encodes lines one after the other.</summary>
    public static byte[] Encode(params ReadOnlySpan<string> texts)
    {
        using MemoryStream lines = new();
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        foreach (string text in texts)
        {
            byte[] line = Encoding.UTF8.GetBytes(text + '\n');
            lines.Write(prefix[..Varint.Write(prefix, (ulong)line.Length)]);
            lines.Write(line);
        }

        return lines.ToArray();
    }

    /// <summary>Encodes the answer to "ls": one line whose text is lines, followed by a line feed.</summary>
    /// <param name="protocols">What this side speaks.</param>
    /// <param name="maxBytes">Protocols that would make the line longer than this are left out.</param>
    public static byte[] EncodeList(IReadOnlyList<string> protocols, int maxBytes)
    {
        using MemoryStream body = new();
        foreach (string protocol in protocols)
        {
            byte[] line = Encode(protocol);
            if (body.Length + line.Length + 1 > maxBytes)
            {
                break;
            }

            body.Write(line);
        }

        body.WriteByte((byte)'\n');
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        int length = Varint.Write(prefix, (ulong)body.Length);
        return [.. prefix[..length], .. body.GetBuffer().AsSpan(0, (int)body.Length)];
    }
}
