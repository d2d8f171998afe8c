using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>
/// Reads a segment block after block; docs/archive.md has the format. Checks all that a segment alone can show: checksums, form, and that each
/// block is the child of the one before. Whether the blocks are valid is for the chain to say. Nothing is allocated for a length before it
/// was compared with the network's limit; one block is held at a time. Used by one thread; does not own the stream.
/// </summary>
public sealed class ChainSegmentReader : IDisposable
{
    private const int TrailerBytes = 8 + Hash256.Size;

    private readonly Stream _stream;
    private readonly int _maxBlockBytes;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _buffer = [];
    private Hash256 _last;
    private ValidationResult? _end;

    private ChainSegmentReader(Stream stream, int maxBlockBytes, ChainSegmentHeader header)
    {
        (_stream, _maxBlockBytes, Header) = (stream, maxBlockBytes, header);
        (NextHeight, _last) = (header.FirstHeight, header.FirstParentId);
        _hash.AppendData(header.Encode());
    }

    /// <summary>What the segment says it holds.</summary>
    public ChainSegmentHeader Header { get; }

    /// <summary>The height of the block that comes next.</summary>
    public ulong NextHeight { get; private set; }

    /// <summary>Reads the header.</summary>
    /// <param name="stream">The segment from its start; need not be seekable.</param>
    /// <param name="maxBlockBytes">The network's limit for a block without its witness.</param>
    /// <param name="reader">The reader, or null.</param>
    /// <returns>As <see cref="ChainSegmentHeader.TryDecode"/>.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static ValidationResult Open(Stream stream, int maxBlockBytes, out ChainSegmentReader? reader)
    {
        Span<byte> bytes = stackalloc byte[ChainSegmentHeader.EncodedBytes];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ValidationResult result = ChainSegmentHeader.TryDecode(bytes[..read], out ChainSegmentHeader? header);
        reader = result.IsValid ? new ChainSegmentReader(stream, maxBlockBytes, header!) : null;
        return result;
    }

    /// <summary>Reads the next block.</summary>
    /// <param name="block">The block; null at the end of the segment and on a failure.</param>
    /// <returns>
    /// Ok with a block, or Ok without one once the trailer was found right. A failure stays: every later call returns it again.
    /// </returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public ValidationResult TryRead(out Block? block)
    {
        block = null;
        if (_end is { } end)
        {
            return end;
        }

        ValidationResult result = NextHeight > Header.LastHeight ? ReadTrailer() : ReadBlock(out block);
        if (block is null)
        {
            _end = result;
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private ValidationResult ReadBlock(out Block? block)
    {
        block = null;
        if (!TryFill(8))
        {
            return Fail(ValidationCode.Malformed, "Length", "the file ends before it");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_buffer);
        uint checksum = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(4));
        if (length > Block.MaxEncodedBytes(_maxBlockBytes))
        {
            return Fail(ValidationCode.TooLarge, "Length", $"{length} bytes; the limit is {Block.MaxEncodedBytes(_maxBlockBytes)}");
        }

        if (!TryFill((int)length))
        {
            return Fail(ValidationCode.Malformed, nameof(Block), "the file ends within it");
        }

        ReadOnlySpan<byte> encoded = _buffer.AsSpan(0, (int)length);
        if (Crc32C.Of(NextHeight, encoded) != checksum)
        {
            return Fail(ValidationCode.Malformed, "Checksum", "its checksum is wrong");
        }

        ValidationResult decoded = Block.TryDecode(encoded, _maxBlockBytes, out Block? read);
        if (!decoded.IsValid)
        {
            return Fail(decoded.Code, decoded.Field, decoded.Message);
        }

        if (!IsNext(read!, out ValidationResult problem))
        {
            return problem;
        }

        (block, _last, NextHeight) = (read, read!.Id, NextHeight + 1);
        return ValidationResult.Ok;
    }

    private bool IsNext(Block block, out ValidationResult problem)
    {
        problem = ValidationResult.Ok;
        if (block.Header.ChainId != Header.ChainId)
        {
            problem = Fail(ValidationCode.WrongChain, nameof(BlockHeader.ChainId), $"it is of chain {block.Header.ChainId}, not {Header.ChainId}");
        }
        else if (block.Header.Height != NextHeight)
        {
            problem = Fail(ValidationCode.WrongHeight, nameof(BlockHeader.Height), $"it says that its height is {block.Header.Height}");
        }
        else if (block.Header.ParentHash != _last)
        {
            problem = Fail(ValidationCode.UnknownParent, nameof(BlockHeader.ParentHash), $"its parent is {block.Header.ParentHash}, not {_last}");
        }

        return problem.IsValid;
    }

    private ValidationResult ReadTrailer()
    {
        if (!TryFill(4) || BinaryPrimitives.ReadUInt32BigEndian(_buffer) != 0)
        {
            return Bad("The segment has no trailer after its last block.");
        }

        byte[] sum = new byte[Hash256.Size];
        byte[] trailer = new byte[TrailerBytes];
        bool complete = _stream.ReadAtLeast(trailer, TrailerBytes, throwOnEndOfStream: false) == TrailerBytes;
        _hash.AppendData(trailer.AsSpan(0, 8));
        _hash.GetHashAndReset(sum);
        if (!complete || BinaryPrimitives.ReadUInt64BigEndian(trailer) != Header.Count || !trailer.AsSpan(8).SequenceEqual(sum))
        {
            return Bad("The trailer is damaged, or does not match the blocks before it.");
        }

        return _stream.ReadByte() < 0 ? ValidationResult.Ok : Bad("Something follows the trailer.");
    }

    /// <summary>Reads exactly so many bytes into the buffer and into the sum over all.</summary>
    private bool TryFill(int count)
    {
        if (_buffer.Length < count)
        {
            _buffer = new byte[Math.Max(count, Math.Min(_buffer.Length * 2, Block.MaxEncodedBytes(_maxBlockBytes)))];
        }

        Span<byte> target = _buffer.AsSpan(0, count);
        if (_stream.ReadAtLeast(target, count, throwOnEndOfStream: false) < count)
        {
            return false;
        }

        _hash.AppendData(target);
        return true;
    }

    private ValidationResult Fail(ValidationCode code, string field, string what) =>
        ValidationResult.Fail(code, field, $"The block at height {NextHeight} of the segment: {what}.");

    private static ValidationResult Bad(string message) => ValidationResult.Fail(ValidationCode.Malformed, "Trailer", message);
}
