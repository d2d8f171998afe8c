using System.Buffers;

namespace PoUW.Network.Muxing;

/// <summary>
/// Bytes that arrived and were not read: a chain of pooled arrays, none while it is empty. One filler and one drainer may hold a part of it outside
/// of the connection's lock, under which all members are called.
/// </summary>
internal sealed class ReceiveBuffer(ArrayPool<byte> pool)
{
    /// <summary>The most that one call makes room for, if no more is wanted.</summary>
    public const int MaxSegmentBytes = 64 * 1024;

    private const int MinSegmentBytes = 1024;

    private Segment? _head;
    private Segment? _tail;
    private bool _filling;
    private bool _draining;
    private bool _cleared;

    /// <summary>Bytes that wait.</summary>
    public int Length { get; private set; }

    /// <summary>Room for bytes that are about to arrive, at most <paramref name="wanted"/>; empty once cleared.</summary>
    public Memory<byte> BeginFill(int wanted)
    {
        if (_cleared)
        {
            return Memory<byte>.Empty;
        }

        if (_tail is null || _tail.Array.Length - _tail.End < Math.Min(wanted, MinSegmentBytes))
        {
            Append(new Segment(pool.Rent(Math.Clamp(wanted, MinSegmentBytes, MaxSegmentBytes))));
        }

        _filling = true;
        int room = _tail!.Array.Length - _tail.End;
        return _tail.Array.AsMemory(_tail.End, Math.Min(room, wanted));
    }

    /// <returns>False if the buffer was cleared meanwhile: the bytes are dropped.</returns>
    public bool EndFill(int count)
    {
        _filling = false;
        if (_cleared)
        {
            ReleaseAll();
            return false;
        }

        _tail!.End += count;
        Length += count;
        ReleaseIfEmpty();
        return true;
    }

    /// <summary>The first bytes; empty if there are none.</summary>
    public ReadOnlyMemory<byte> BeginDrain()
    {
        while (_head is not null && _head.Start == _head.End && _head != _tail)
        {
            ReleaseHead();
        }

        if (Length == 0)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        _draining = true;
        return _head!.Array.AsMemory(_head.Start, _head.End - _head.Start);
    }

    /// <returns>False if the buffer was cleared meanwhile.</returns>
    public bool EndDrain(int count)
    {
        _draining = false;
        if (_cleared)
        {
            ReleaseAll();
            return false;
        }

        _head!.Start += count;
        Length -= count;
        if (_head.Start == _head.End && _head != _tail)
        {
            ReleaseHead();
        }

        ReleaseIfEmpty();
        return true;
    }

    /// <summary>Drops what waits, for good.</summary>
    public void Clear()
    {
        _cleared = true;
        Length = 0;
        ReleaseAll();
    }

    private void Append(Segment segment)
    {
        if (_tail is null)
        {
            _head = segment;
        }
        else
        {
            _tail.Next = segment;
        }

        _tail = segment;
    }

    private void ReleaseIfEmpty()
    {
        if (Length == 0)
        {
            ReleaseAll();
        }
    }

    private void ReleaseAll()
    {
        while (!_filling && !_draining && _head is not null)
        {
            ReleaseHead();
        }
    }

    private void ReleaseHead()
    {
        pool.Return(_head!.Array);
        _head = _head.Next;
        if (_head is null)
        {
            _tail = null;
        }
    }

    private sealed class Segment(byte[] array)
    {
        public byte[] Array { get; } = array;

        public int Start { get; set; }

        public int End { get; set; }

        public Segment? Next { get; set; }
    }
}
