using PoUW.Network.Protobuf;

namespace PoUW.Network.Streams;

/// <summary>
/// Messages with their length before them as a varint, as most libp2p protocols write them. The length is checked before anything is
/// allocated, and memory grows with what has arrived, not with what was announced.
/// </summary>
internal static class DelimitedMessages
{
    private const int FirstBytes = 64 * 1024;

    /// <summary>Reads a message.</summary>
    /// <returns>Null if the stream ended where a message would begin.</returns>
    /// <exception cref="NetworkException">
    /// The stream broke, or (<see cref="NetworkError.ProtocolViolation"/>) the message is longer than allowed, or ends early.
    /// </exception>
    public static async ValueTask<byte[]?> ReadAsync(IDuplexStream stream, int maxBytes, CancellationToken cancellation)
    {
        int? length = await ReadLengthAsync(stream, maxBytes, cancellation);
        return length is { } known ? await ReadBodyAsync(stream, known, cancellation) : null;
    }

    /// <summary>Reads the length of a message.</summary>
    /// <returns>Null if the stream ended before its first byte.</returns>
    /// <exception cref="NetworkException">As <see cref="ReadAsync"/>.</exception>
    public static async ValueTask<int?> ReadLengthAsync(IDuplexStream stream, int maxBytes, CancellationToken cancellation)
    {
        byte[] prefix = new byte[Varint.MaxBytes];
        for (int count = 0; ;)
        {
            if (await stream.ReadAsync(prefix.AsMemory(count, 1), cancellation) == 0)
            {
                return count == 0 ? null : throw Violation("The stream ended within a length.");
            }

            count++;
            int taken = Varint.TryRead(prefix.AsSpan(0, count), out ulong length);
            if (taken > 0)
            {
                return length <= (ulong)maxBytes ? (int)length : throw Violation($"A message of {length} bytes; at most {maxBytes} are read.");
            }

            if (taken < 0 || count == prefix.Length)
            {
                throw Violation("Not a length.");
            }
        }
    }

    /// <summary>Reads the bytes behind a length.</summary>
    /// <exception cref="NetworkException">As <see cref="ReadAsync"/>.</exception>
    public static async ValueTask<byte[]> ReadBodyAsync(IDuplexStream stream, int length, CancellationToken cancellation)
    {
        byte[] body = GC.AllocateUninitializedArray<byte>(Math.Min(length, FirstBytes));
        int filled = 0;
        while (filled < length)
        {
            if (filled == body.Length)
            {
                byte[] longer = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, (long)filled * 4));
                body.CopyTo(longer, 0);
                body = longer;
            }

            int count = await stream.ReadAsync(body.AsMemory(filled), cancellation);
            filled += count > 0 ? count : throw Violation($"The stream ended after {filled} of {length} bytes.");
        }

        return body;
    }

    /// <summary>Fills a buffer.</summary>
    /// <returns>False if the stream ended before its first byte.</returns>
    /// <exception cref="NetworkException">The stream broke, or ended within the buffer.</exception>
    public static async ValueTask<bool> TryFillAsync(IDuplexStream stream, Memory<byte> buffer, CancellationToken cancellation)
    {
        for (int filled = 0; filled < buffer.Length;)
        {
            int count = await stream.ReadAsync(buffer[filled..], cancellation);
            if (count == 0)
            {
                return filled == 0 ? false : throw Violation($"The stream ended after {filled} of {buffer.Length} bytes.");
            }

            filled += count;
        }

        return true;
    }

    /// <summary>A length and a body as one piece, so that they leave in one frame if they are short.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> body)
    {
        byte[] message = GC.AllocateUninitializedArray<byte>(Varint.LengthOf((ulong)body.Length) + body.Length);
        body.CopyTo(message.AsSpan(Varint.Write(message, (ulong)body.Length)));
        return message;
    }

    private static NetworkException Violation(string detail) => new(NetworkError.ProtocolViolation, detail);
}
