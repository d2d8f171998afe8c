using System.Buffers;

namespace PoUW.Network.Muxing;

/// <summary>
/// What a stream has to send: short writes are copied into a small buffer, a long one is taken from its caller's memory piece by piece while the
/// caller waits. Used under the connection's lock.
/// </summary>
internal sealed class StreamSendSide(YamuxOptions options, ArrayPool<byte> pool, SendBudget budget)
{
    private const int MinBufferBytes = 256;

    private readonly AsyncSignal _written = new();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private ReadOnlyMemory<byte> _direct;
    private bool _isCopying;
    private bool _isWoken;
    private int _abandoned;

    /// <summary>Bytes that the other side takes at present.</summary>
    public long Window { get; set; } = YamuxOptions.InitialWindowBytes;

    /// <summary>False until the other side has been told of the stream.</summary>
    public bool IsOpen { get; set; }

    /// <summary>True while a caller waits for a long write.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>True once this side has said that it writes no more.</summary>
    public bool IsFinishing { get; private set; }

    /// <summary>True once the other side was told that.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>True if nothing is sent any more: reset or broken.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>True if a frame could be sent now.</summary>
    public bool HasWork => IsOpen && !IsStopped && (Queued > 0 ? Window > 0 : IsFinishing && !IsFinished);

    /// <summary>True if nothing is left to send but the end.</summary>
    public bool IsAtEnd => IsFinishing && !IsFinished && Queued == 0;

    private int Buffered => _end - _start;

    private long Queued => (long)Buffered + _direct.Length;

    /// <summary>Copies a short write if there is room for it.</summary>
    public bool TryBuffer(ReadOnlySpan<byte> source)
    {
        if (source.Length > options.StreamSendBufferBytes / 4
            || Buffered + source.Length > options.StreamSendBufferBytes
            || !budget.TryTake(source.Length))
        {
            return false;
        }

        MakeRoom(source.Length);
        source.CopyTo(_buffer.AsSpan(_end));
        _end += source.Length;
        return true;
    }

    /// <summary>Offers a long write; completes when all of it is taken, or none of the rest will be.</summary>
    public ValueTask BeginWrite(ReadOnlyMemory<byte> source)
    {
        (IsWriting, _isWoken, _abandoned) = (true, false, 0);
        _direct = source;
        return _written.Wait();
    }

    /// <summary>Ends what <see cref="BeginWrite"/> began, after its wait.</summary>
    /// <returns>The bytes that were not taken.</returns>
    public int EndWrite()
    {
        IsWriting = false;
        return _abandoned;
    }

    /// <summary>Gives up the rest of a long write: its caller goes on as soon as its memory is not in use.</summary>
    public void AbandonWrite()
    {
        _abandoned += _direct.Length;
        _direct = default;
        WakeWriter();
    }

    /// <summary>
    /// Takes the next bytes for a frame. Those of short writes are copied here; those of a long one are to be copied from the memory returned, and then
    /// <see cref="EndTake"/> is due.
    /// </summary>
    public int Take(Span<byte> destination, out ReadOnlyMemory<byte> direct)
    {
        direct = default;
        int room = (int)Math.Min(destination.Length, Window);
        int count;
        if (Buffered > 0)
        {
            count = Math.Min(room, Buffered);
            _buffer.AsSpan(_start, count).CopyTo(destination);
            _start += count;
            budget.Return(count);
            ReleaseIfEmpty();
        }
        else
        {
            count = Math.Min(room, _direct.Length);
            direct = _direct[..count];
            _direct = _direct[count..];
            _isCopying = count > 0;
        }

        Window -= count;
        return count;
    }

    /// <summary>The bytes that <see cref="Take"/> returned were copied.</summary>
    public void EndTake()
    {
        _isCopying = false;
        WakeWriter();
    }

    /// <summary>Nothing is written after what waits.</summary>
    public void Finish() => IsFinishing = true;

    /// <summary>Marks the end as sent if nothing waits before it.</summary>
    public bool TryFinish()
    {
        bool now = IsAtEnd;
        IsFinished |= now;
        return now;
    }

    /// <summary>Drops what waits; a write under way ends.</summary>
    public void Stop()
    {
        IsStopped = true;
        budget.Return(Buffered);
        (_start, _end) = (0, 0);
        ReleaseIfEmpty();
        AbandonWrite();
    }

    private void WakeWriter()
    {
        if (IsWriting && !_isWoken && !_isCopying && _direct.IsEmpty)
        {
            _isWoken = true;
            _written.Set();
        }
    }

    private void MakeRoom(int count)
    {
        if (_buffer is not null && _end + count <= _buffer.Length)
        {
            return;
        }

        int size = Math.Max(MinBufferBytes, Buffered + count);
        byte[] target = _buffer is not null && size <= _buffer.Length ? _buffer : pool.Rent(size);
        _buffer.AsSpan(_start, Buffered).CopyTo(target);
        if (_buffer is not null && _buffer != target)
        {
            pool.Return(_buffer);
        }

        (_buffer, _start, _end) = (target, 0, Buffered);
    }

    private void ReleaseIfEmpty()
    {
        if (Buffered == 0 && _buffer is not null)
        {
            pool.Return(_buffer);
            (_buffer, _start, _end) = (null, 0, 0);
        }
    }
}
