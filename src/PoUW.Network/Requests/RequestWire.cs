using PoUW.Network.Protobuf;
using PoUW.Network.Streams;

namespace PoUW.Network.Requests;

/// <summary>
/// One stream a request. The requester sends a varint length and the request; the answer is a status byte and, if that is Ok, a varint length
/// and the response. The requester leaves its writing half open until it has the answer; a reset takes the request back.
/// </summary>
internal static class RequestWire
{
    /// <summary>Up to here one write, and with it one frame, is worth a copy; less than the first window of a stream.</summary>
    public const int JoinBytes = 16 * 1024;

    /// <summary>Sends an answer.</summary>
    public static async ValueTask WriteAnswerAsync(
        IDuplexStream stream, RequestStatus status, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (status != RequestStatus.Ok)
        {
            await stream.WriteAsync(new[] { (byte)status }, cancellation);
            return;
        }

        byte[] head = new byte[1 + Varint.LengthOf((ulong)body.Length)];
        head[0] = (byte)status;
        Varint.Write(head.AsSpan(1), (ulong)body.Length);
        if (body.Length <= JoinBytes)
        {
            await stream.WriteAsync((byte[])[.. head, .. body.Span], cancellation);
            return;
        }

        await stream.WriteAsync(head, cancellation);
        await stream.WriteAsync(body, cancellation);
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="NetworkException">
    /// The stream broke, or (<see cref="NetworkError.ProtocolViolation"/>) what came is no answer.
    /// </exception>
    public static async ValueTask<RequestResult> ReadAnswerAsync(IDuplexStream stream, int maxBytes, CancellationToken cancellation)
    {
        byte[] status = new byte[1];
        if (!await DelimitedMessages.TryFillAsync(stream, status, cancellation))
        {
            return new RequestResult(RequestStatus.Refused, default);
        }

        switch ((RequestStatus)status[0])
        {
            case RequestStatus.Ok:
                break;
            case RequestStatus.NotFound or RequestStatus.TooLarge or RequestStatus.Refused:
                return new RequestResult((RequestStatus)status[0], default);
            default:
                throw new NetworkException(NetworkError.ProtocolViolation, $"{status[0]} is no status of an answer.");
        }

        int? length = await DelimitedMessages.ReadLengthAsync(stream, int.MaxValue, cancellation);
        if (length > maxBytes)
        {
            return new RequestResult(RequestStatus.TooLarge, default);
        }

        byte[] body = await DelimitedMessages.ReadBodyAsync(
            stream, length ?? throw new NetworkException(NetworkError.ProtocolViolation, "An answer ended after its status."), cancellation);
        return new RequestResult(RequestStatus.Ok, body);
    }

    /// <summary>Reads and forgets bytes.</summary>
    /// <returns>False if there were fewer.</returns>
    public static async ValueTask<bool> TrySkipAsync(IDuplexStream stream, int count, CancellationToken cancellation)
    {
        byte[] scratch = new byte[Math.Min(count, JoinBytes)];
        while (count > 0)
        {
            int read = await stream.ReadAsync(scratch.AsMemory(0, Math.Min(count, scratch.Length)), cancellation);
            if (read == 0)
            {
                return false;
            }

            count -= read;
        }

        return true;
    }
}
