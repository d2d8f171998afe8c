namespace PoUW.Network.Muxing;

/// <summary>
/// Which stream ids of one side were used, in 40 bytes whatever the peer opens. Ids rise, but threads of a peer may send theirs a little out of order,
/// so the last 256 are remembered one by one; older ones count as used.
/// </summary>
internal sealed class StreamIdWindow
{
    private const int Width = 256;
    private const int WordBits = 64;

    private readonly ulong[] _used = new ulong[Width / WordBits];
    private long _highest = -1;

    /// <summary>Marks an id as used.</summary>
    /// <returns>False if it was.</returns>
    public bool TryUse(uint streamId)
    {
        long ordinal = Ordinal(streamId);
        if (IsUsed(ordinal))
        {
            return false;
        }

        for (long skipped = Math.Max(_highest + 1, ordinal - Width); skipped < ordinal; skipped++)
        {
            Bit(skipped) &= ~Mask(skipped);
        }

        Bit(ordinal) |= Mask(ordinal);
        _highest = Math.Max(_highest, ordinal);
        return true;
    }

    /// <summary>True if the id was used, or is too old to tell.</summary>
    public bool IsUsed(uint streamId) => IsUsed(Ordinal(streamId));

    private static long Ordinal(uint streamId) => (streamId - 1) / 2;

    private static ulong Mask(long ordinal) => 1UL << (int)(ordinal % WordBits);

    private bool IsUsed(long ordinal)
        => ordinal <= _highest && (_highest - ordinal >= Width || (Bit(ordinal) & Mask(ordinal)) != 0);

    private ref ulong Bit(long ordinal) => ref _used[ordinal % Width / WordBits];
}
