namespace PoUW.Compute.Data;

/// <summary>Ends after a number of bytes and remembers that there were more, so that no reader has to count. Not thread-safe.</summary>
internal sealed class BoundedStream(Stream source, long limit) : Stream
{
    private long _left = limit;

    /// <summary>True once the source turned out to be longer than the limit.</summary>
    public bool IsExceeded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (IsExceeded)
        {
            return 0;
        }

        int read = source.Read(buffer);
        if (read > _left)
        {
            IsExceeded = true;
            return 0;
        }

        _left -= read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
