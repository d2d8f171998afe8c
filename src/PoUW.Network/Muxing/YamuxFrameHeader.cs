using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Network.Muxing;

/// <summary>
/// The twelve bytes of every yamux frame, big-endian: version 0, type, flags (2), stream (4), length (4). After the yamux specification of
/// hashicorp, as libp2p uses it.
/// </summary>
/// <param name="Type">What the frame is.</param>
/// <param name="Flags">Changes of the stream's state.</param>
/// <param name="StreamId">The stream; 0 for pings and the end of the connection, never 0 else.</param>
/// <param name="Length">Bytes of payload, window, number or code, by type.</param>
public readonly record struct YamuxFrameHeader(YamuxFrameType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    /// <summary>Size of the header in bytes.</summary>
    public const int Size = 12;

    private const byte Version = 0;

    /// <summary>True if the frame belongs to a stream and not to the connection.</summary>
    public bool IsOfStream => Type is YamuxFrameType.Data or YamuxFrameType.WindowUpdate;

    /// <summary>Writes the header into at least <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = Version;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }

    /// <summary>Reads a header and checks what does not depend on the state of the connection. Never throws.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    /// <param name="maxPayloadBytes">The longest payload that is taken.</param>
    /// <param name="header">The header; default unless the result is valid.</param>
    /// <returns>
    /// Malformed if bytes are missing, flags do not exist, or the stream is zero or not zero where it must not be; WrongVersion; UnknownKind
    /// for a type that does not exist; TooLarge for a longer payload.
    /// </returns>
    public static ValidationResult TryRead(ReadOnlySpan<byte> bytes, int maxPayloadBytes, out YamuxFrameHeader header)
    {
        header = default;
        if (bytes.Length < Size)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Header", $"{bytes.Length} of {Size} bytes.");
        }

        if (bytes[0] != Version)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Version), $"Version {bytes[0]}, not {Version}.");
        }

        YamuxFrameHeader read = new(
            (YamuxFrameType)bytes[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        ValidationResult result = read.Check(maxPayloadBytes);
        header = result.IsValid ? read : default;
        return result;
    }

    private ValidationResult Check(int maxPayloadBytes)
    {
        if (Type > YamuxFrameType.GoAway)
        {
            return ValidationResult.Fail(ValidationCode.UnknownKind, nameof(Type), $"Frame type {(byte)Type} does not exist.");
        }

        if ((Flags & ~YamuxFlags.All) != 0)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Flags), $"Flags {(ushort)Flags:x4} do not exist.");
        }

        if (IsOfStream == (StreamId == 0))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(StreamId), $"{Type} for stream {StreamId}.");
        }

        return Type == YamuxFrameType.Data && Length > maxPayloadBytes
            ? ValidationResult.Fail(ValidationCode.TooLarge, nameof(Length), $"{Length} bytes, the limit is {maxPayloadBytes}.")
            : ValidationResult.Ok;
    }
}
