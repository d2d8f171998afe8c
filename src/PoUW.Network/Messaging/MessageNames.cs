using PoUW.Network.Framing;

namespace PoUW.Network.Messaging;

/// <summary>Names of topics and protocols: 1 to 64 printable ASCII characters, with a length byte on the wire.</summary>
internal static class MessageNames
{
    public const int MaxLength = 64;

    public static void ThrowIfInvalid(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxLength || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"'{name}' is not 1 to {MaxLength} printable ASCII characters.", nameof(name));
        }
    }

    /// <summary>Reads a length byte and that many characters, all within <paramref name="available"/> bytes.</summary>
    /// <returns>The name; empty if it is not valid; null if the stream ended.</returns>
    public static async ValueTask<string?> ReadAsync(FrameReader reader, byte[] scratch, int available, CancellationToken cancellation)
    {
        if (available < 1)
        {
            return "";
        }

        if (!await reader.TryReadAsync(scratch.AsMemory(0, 1), cancellation))
        {
            return null;
        }

        int length = scratch[0];
        if (length is 0 or > MaxLength || 1 + length > available)
        {
            return "";
        }

        bool read = await reader.TryReadAsync(scratch.AsMemory(0, length), cancellation);
        return read ? Parse(scratch.AsSpan(0, length)) : null;
    }

    private static string Parse(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? "" : System.Text.Encoding.ASCII.GetString(bytes);
}
