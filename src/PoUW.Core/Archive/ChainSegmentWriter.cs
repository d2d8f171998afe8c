using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Archive;

/// <summary>
/// Writes a segment of a chain to a stream, block after block; docs/archive.md has the format. It holds one block at a time. A segment that
/// was not completed has no trailer, and readers say so. Used by one thread; does not own the stream.
/// </summary>
public sealed class ChainSegmentWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly ChainSegmentHeader _header;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong _next;
    private Hash256 _last;
    private bool _completed;

    /// <summary>Starts a segment: writes its header.</summary>
    /// <param name="stream">Where to write; need not be seekable.</param>
    /// <param name="header">What the segment will hold.</param>
    public ChainSegmentWriter(Stream stream, ChainSegmentHeader header)
    {
        (_stream, _header, _next, _last) = (stream, header, header.FirstHeight, header.FirstParentId);
        Write(header.Encode());
    }

    /// <summary>Writes the next block, with the witness that it has.</summary>
    /// <exception cref="ArgumentException">The block is not the child of the one before, or not of this chain, or one too many.</exception>
    public void Add(Block block)
    {
        bool fits = block.Header.Height == _next && _next <= _header.LastHeight && block.Header.ParentHash == _last
            && block.Header.ChainId == _header.ChainId;
        if (!fits || _completed)
        {
            throw new ArgumentException($"Height {_next} on {_last} is wanted, up to height {_header.LastHeight}.", nameof(block));
        }

        byte[] encoded = block.Encode();
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, (uint)encoded.Length);
        BinaryPrimitives.WriteUInt32BigEndian(prefix[4..], Crc32C.Of(_next, encoded));
        Write(prefix);
        Write(encoded);
        (_next, _last) = (_next + 1, block.Id);
    }

    /// <summary>Writes the trailer; nothing can be added after it. The stream is flushed, but whether its file is durable is the caller's matter.</summary>
    /// <exception cref="InvalidOperationException">Blocks are missing.</exception>
    public void Complete()
    {
        if (_completed || _next != _header.LastHeight + 1)
        {
            throw new InvalidOperationException($"The segment is complete already, or the blocks from height {_next} on are missing.");
        }

        _completed = true;
        Span<byte> end = stackalloc byte[12];
        end.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(end[4..], _header.Count);
        Write(end);
        _stream.Write(_hash.GetHashAndReset());
        _stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _stream.Write(bytes);
    }
}
