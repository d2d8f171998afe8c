using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>What a segment file says first: which network it is of, and which blocks it holds. docs/archive.md has the format. Immutable.</summary>
/// <param name="ChainId">The chain that the blocks belong to.</param>
/// <param name="GenesisId">The id of that chain's genesis block.</param>
/// <param name="FirstHeight">The height of the first block; at least 1, since every node makes its own genesis block.</param>
/// <param name="LastHeight">The height of the last block; not below the first.</param>
/// <param name="FirstParentId">The parent of the first block.</param>
public sealed record ChainSegmentHeader(ulong ChainId, Hash256 GenesisId, ulong FirstHeight, ulong LastHeight, Hash256 FirstParentId)
{
    /// <summary>The format version that this software writes and reads.</summary>
    public const ushort FormatVersion = 1;

    /// <summary>Bytes of an encoded header.</summary>
    public const int EncodedBytes = ContentBytes + 4;

    private const int ContentBytes = 8 + 2 + 8 + Hash256.Size + 8 + 8 + Hash256.Size;

    private static ReadOnlySpan<byte> Magic => "PoUWseg\x1a"u8;

    /// <summary>How many blocks the segment holds.</summary>
    public ulong Count => LastHeight - FirstHeight + 1;

    /// <summary>The encoding with its checksum.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[EncodedBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(10), ChainId);
        GenesisId.CopyTo(bytes.AsSpan(18));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(50), FirstHeight);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(58), LastHeight);
        FirstParentId.CopyTo(bytes.AsSpan(66));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(ContentBytes), Crc32C.Of(bytes.AsSpan(0, ContentBytes)));
        return bytes;
    }

    /// <summary>Reads a header; checks its form and its checksum.</summary>
    /// <param name="data">At least <see cref="EncodedBytes"/> bytes; those after them are not looked at.</param>
    /// <param name="header">The header, or null.</param>
    /// <returns>
    /// <see cref="ValidationCode.Malformed"/> if it is not a segment or damaged, <see cref="ValidationCode.WrongVersion"/> if newer software
    /// wrote it, <see cref="ValidationCode.OutOfRange"/> if its heights make no sense.
    /// </returns>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out ChainSegmentHeader? header)
    {
        header = null;
        if (data.Length < EncodedBytes || !data[..Magic.Length].SequenceEqual(Magic))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Magic), "This is not a chain segment.");
        }

        // Before the checksum: another version may have another length.
        ushort version = BinaryPrimitives.ReadUInt16BigEndian(data[8..]);
        if (version != FormatVersion)
        {
            return ValidationResult.Fail(
                ValidationCode.WrongVersion, nameof(FormatVersion), $"The segment has format {version}; this software reads {FormatVersion}.");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(data[ContentBytes..]) != Crc32C.Of(data[..ContentBytes]))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Checksum", "The header of the segment is damaged.");
        }

        ChainSegmentHeader read = new(
            BinaryPrimitives.ReadUInt64BigEndian(data[10..]),
            new Hash256(data.Slice(18, Hash256.Size)),
            BinaryPrimitives.ReadUInt64BigEndian(data[50..]),
            BinaryPrimitives.ReadUInt64BigEndian(data[58..]),
            new Hash256(data.Slice(66, Hash256.Size)));
        if (read.FirstHeight == 0 || read.LastHeight < read.FirstHeight || read.LastHeight == ulong.MaxValue)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(LastHeight), $"A segment cannot hold the heights {read.FirstHeight} to {read.LastHeight}.");
        }

        header = read;
        return ValidationResult.Ok;
    }
}
