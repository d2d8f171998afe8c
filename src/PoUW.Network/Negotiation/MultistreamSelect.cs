using PoUW.Network.Streams;

namespace PoUW.Network.Negotiation;

/// <summary>
/// Agrees on the protocol of a stream or of a layer (libp2p specification, connections, "multistream-select", version 1.0.0). Both sides send
/// their header at once; the dialer sends its first proposal with it, so a peer that speaks it costs one round trip. Neither the peer's lines nor
/// their number are trusted. The calls read nothing behind the agreed line: what came with it stays in the buffered stream. They do not close the
/// stream, and have no deadline but the caller's token.
/// </summary>
public static class MultistreamSelect
{
    /// <summary>The header of both sides.</summary>
    public const string ProtocolId = "/multistream/1.0.0";

    private const string NotAvailable = "na";
    private const string List = "ls";

    /// <summary>Proposes protocols, best first, until the peer agrees to one.</summary>
    /// <param name="stream">The bytes to the peer.</param>
    /// <param name="proposals">What this side wants to speak.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellation">Ends the negotiation.</param>
    /// <returns>What was agreed, or null if the peer speaks none of them.</returns>
    /// <exception cref="ArgumentException">No proposal, or more than <see cref="MultistreamOptions.MaxTries"/>.</exception>
    /// <exception cref="NetworkException">
    /// The stream broke or ended, or (<see cref="NetworkError.ProtocolViolation"/>) the peer answered something else.
    /// </exception>
    public static async ValueTask<string?> DialAsync(
        BufferedDuplexStream stream, IReadOnlyList<string> proposals, MultistreamOptions options, CancellationToken cancellation)
    {
        if (proposals.Count == 0 || proposals.Count > options.MaxTries)
        {
            throw new ArgumentException($"{proposals.Count} proposals; allowed are 1 to {options.MaxTries}.", nameof(proposals));
        }

        await stream.WriteAsync(MultistreamLine.Encode(ProtocolId, proposals[0]), cancellation);
        ExpectHeader(await ReadLineAsync(stream, options, cancellation));
        for (int i = 0; ; i++)
        {
            string? answer = await ReadLineAsync(stream, options, cancellation);
            if (answer == proposals[i])
            {
                return answer;
            }

            if (answer != NotAvailable)
            {
                throw Unexpected(answer);
            }

            if (i + 1 == proposals.Count)
            {
                return null;
            }

            await stream.WriteAsync(MultistreamLine.Encode(proposals[i + 1]), cancellation);
        }
    }

    /// <summary>
    /// Proposes one protocol and sends in the same write what this side says first in it, so that a peer that speaks it reads that a round trip
    /// earlier. A peer that does not takes those bytes for a proposal: this is for protocols that the peer has said to speak.
    /// </summary>
    /// <param name="stream">The bytes to the peer.</param>
    /// <param name="proposal">What this side wants to speak.</param>
    /// <param name="first">What it says first; short enough that the peer need not read it to be able to answer.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellation">Ends the negotiation.</param>
    /// <returns>False if the peer does not speak it; the stream is of no more use then.</returns>
    /// <exception cref="NetworkException">
    /// The stream broke or ended, or (<see cref="NetworkError.ProtocolViolation"/>) the peer answered something else.
    /// </exception>
    public static async ValueTask<bool> TryDialAsync(
        BufferedDuplexStream stream, string proposal, ReadOnlyMemory<byte> first, MultistreamOptions options, CancellationToken cancellation)
    {
        await stream.WriteAsync((byte[])[.. MultistreamLine.Encode(ProtocolId, proposal), .. first.Span], cancellation);
        ExpectHeader(await ReadLineAsync(stream, options, cancellation));
        string? answer = await ReadLineAsync(stream, options, cancellation);
        return answer == proposal || (answer == NotAvailable ? false : throw Unexpected(answer));
    }

    /// <summary>Answers a dialer's proposals until one is a protocol of this side. Requests for a list are answered.</summary>
    /// <param name="stream">The bytes to the peer.</param>
    /// <param name="supported">What this side speaks.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellation">Ends the negotiation.</param>
    /// <returns>
    /// What was agreed, or null if the dialer gave up: its writing ended before a proposal that this side speaks, or what followed a proposal that it
    /// does not speak is no line, as of a dialer that went on without waiting for the answer. The stream is to be closed then, so that the answer arrives.
    /// </returns>
    /// <exception cref="NetworkException">
    /// The stream broke, or (<see cref="NetworkError.ProtocolViolation"/>) the peer sent what is no line or no header, or tried too often.
    /// </exception>
    public static async ValueTask<string?> ListenAsync(
        BufferedDuplexStream stream, IReadOnlyList<string> supported, MultistreamOptions options, CancellationToken cancellation)
    {
        await stream.WriteAsync(MultistreamLine.Encode(ProtocolId), cancellation);
        if (await ReadLineAsync(stream, options, cancellation) is not { } header)
        {
            return null;
        }

        ExpectHeader(header);
        bool hasRefused = false;
        for (int i = 0; i < options.MaxTries; i++)
        {
            string? line;
            try
            {
                line = await ReadLineAsync(stream, options, cancellation);
            }
            catch (NetworkException failure) when (hasRefused && failure.Error == NetworkError.ProtocolViolation)
            {
                return null;
            }

            if (line is null)
            {
                return null;
            }

            bool isAgreed = supported.Contains(line);
            hasRefused |= !isAgreed && line != List;
            await stream.WriteAsync(AnswerTo(line, isAgreed, supported, options), cancellation);
            if (isAgreed)
            {
                return line;
            }
        }

        throw Violation($"{options.MaxTries} proposals, none of them spoken here.");
    }

    private static byte[] AnswerTo(string line, bool isAgreed, IReadOnlyList<string> supported, MultistreamOptions options)
    {
        if (isAgreed)
        {
            return MultistreamLine.Encode(line);
        }

        return line == List ? MultistreamLine.EncodeList(supported, options.MaxLineBytes) : MultistreamLine.Encode(NotAvailable);
    }

    /// <returns>Null if the stream ended where a line would begin.</returns>
    private static async ValueTask<string?> ReadLineAsync(BufferedDuplexStream stream, MultistreamOptions options, CancellationToken cancellation)
    {
        while (true)
        {
            int length = MultistreamLine.TryRead(stream.Buffered, options.MaxLineBytes, out string text);
            if (length < 0)
            {
                throw Violation($"Not a line of at most {options.MaxLineBytes} bytes.");
            }

            if (length > 0)
            {
                stream.Skip(length);
                return text;
            }

            bool isBetweenLines = stream.Buffered.IsEmpty;
            if (!await stream.FillAsync(cancellation))
            {
                return isBetweenLines ? null : throw Violation("The stream ended within a line.");
            }
        }
    }

    private static void ExpectHeader(string? line)
    {
        if (line != ProtocolId)
        {
            throw line is null ? Ended() : Violation($"The header is \"{Printable(line)}\".");
        }
    }

    private static NetworkException Unexpected(string? answer) =>
        answer is null ? Ended() : Violation($"The answer to a proposal is \"{Printable(answer)}\".");

    // What a peer wrote goes into logs: no control characters, and not much of it.
    private static string Printable(string text) =>
        string.Concat(text.Take(48).Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '.' : character));

    private static NetworkException Ended() => new(NetworkError.Closed, "The peer ended the negotiation.");

    private static NetworkException Violation(string detail) => new(NetworkError.ProtocolViolation, $"multistream-select: {detail}");
}
