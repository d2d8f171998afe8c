namespace PoUW.Network.Muxing;

/// <summary>What all streams of a connection may hold and grant together. Used under the connection's lock.</summary>
internal sealed class ReceiveBudget(int limitBytes)
{
    private long _windows;

    /// <summary>Bytes that arrived and were not read.</summary>
    public long Unread { get; private set; }

    /// <summary>True if so many more bytes may arrive.</summary>
    public bool Fits(long bytes) => bytes <= limitBytes - Unread;

    public void Add(int bytes) => Unread += bytes;

    public void Remove(int bytes) => Unread -= bytes;

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
}
