using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Network.Framing;

/// <summary>The five bytes before every payload: its length (u32, big-endian) and the frame's type.</summary>
/// <param name="Type">What the payload is.</param>
/// <param name="Length">Bytes of payload, without this header.</param>
public readonly record struct FrameHeader(FrameType Type, int Length)
{
    /// <summary>Size of the header in bytes.</summary>
    public const int Size = 5;

    /// <summary>Writes the header into at least <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, checked((uint)Length));
        destination[4] = (byte)Type;
    }

    /// <summary>Reads a header and checks it before anybody allocates for the payload.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    /// <param name="maxLength">The longest payload that is taken.</param>
    /// <param name="header">The header; default unless the result is valid.</param>
    /// <returns>Malformed if bytes are missing, UnknownKind for a type that does not exist, TooLarge for a longer payload.</returns>
    public static ValidationResult TryRead(ReadOnlySpan<byte> bytes, int maxLength, out FrameHeader header)
    {
        header = default;
        if (bytes.Length < Size)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Header", $"{bytes.Length} of {Size} bytes.");
        }

        FrameType type = (FrameType)bytes[4];
        if (type is < FrameType.Hello or > FrameType.Cancel)
        {
            return ValidationResult.Fail(ValidationCode.UnknownKind, nameof(Type), $"Frame type {bytes[4]} does not exist.");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length > maxLength)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Length), $"{length} bytes, the limit is {maxLength}.");
        }

        header = new FrameHeader(type, (int)length);
        return ValidationResult.Ok;
    }
}
