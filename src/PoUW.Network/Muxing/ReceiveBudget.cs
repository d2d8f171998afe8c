using PoUW.Network.Guards;

namespace PoUW.Network.Muxing;

/// <summary>
/// What all streams of a connection may hold and grant together. Unread bytes beyond one first window are reserved with the node's resources, in
/// whole windows: so little is part of what a connection costs that a peer which reads what it asks for does not depend on what others take. Used
/// under the connection's lock.
/// </summary>
internal sealed class ReceiveBudget(int limitBytes, MemoryReservation? memory)
{
    private long _windows;
    private long _arriving;

    /// <summary>Bytes that arrived and were not read.</summary>
    public long Unread { get; private set; }

    /// <summary>Whether the bytes of a frame are within the connection's limit. Reserves nothing: a header is no bytes yet.</summary>
    public bool Fits(long bytes) => bytes <= limitBytes - Unread;

    /// <summary>Reserves room for the part of a frame that is read next, a buffer at most.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryExpect(int bytes)
    {
        bool fits = TryReserve(Unread + bytes);
        _arriving = fits ? bytes : 0;
        return fits;
    }

    /// <summary>The part has arrived, in full or not, or nobody wants it any more.</summary>
    public void EndExpected() => _arriving = 0;

    public void Add(int bytes) => Unread += bytes;

    public void Remove(int bytes)
    {
        Unread -= bytes;
        if (memory is not null && memory.Bytes - ReservedFor(Unread + _arriving) is var spare && spare > YamuxOptions.InitialWindowBytes)
        {
            // One window is kept, so that a reader who keeps pace does not reserve again and again.
            memory.Shrink(spare - YamuxOptions.InitialWindowBytes);
        }
    }

    /// <summary>A stream with its first window came or went.</summary>
    public void Count(int streams) => _windows += (long)streams * YamuxOptions.InitialWindowBytes;

    /// <returns>How much a window may grow: what was asked for, or nothing.</returns>
    public int TryGrow(int bytes)
    {
        bool fits = bytes <= limitBytes - _windows;
        _windows += fits ? bytes : 0;
        return fits ? bytes : 0;
    }

    public void Shrink(int bytes) => _windows -= bytes;

    private static long ReservedFor(long bytes) =>
        Math.Max(0, bytes - 1) / YamuxOptions.InitialWindowBytes * YamuxOptions.InitialWindowBytes;

    private bool TryReserve(long bytes)
    {
        long more = memory is null ? 0 : ReservedFor(bytes) - memory.Bytes;
        return more <= 0 || memory!.TryGrow(more).IsValid;
    }
}
