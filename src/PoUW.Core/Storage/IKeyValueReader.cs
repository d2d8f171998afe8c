namespace PoUW.Core.Storage;

/// <summary>
/// Reads an ordered map of byte strings. Keys are compared as unsigned bytes. All members may be called from any thread. What is read
/// belongs to the caller. Nothing is called back.
/// </summary>
public interface IKeyValueReader
{
    /// <summary>The value under a key, or null.</summary>
    /// <exception cref="StoreException">The store cannot be read, or the value is damaged.</exception>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>The first pairs of a range in key order, as they were when the call was made.</summary>
    /// <param name="from">The first key, inclusive.</param>
    /// <param name="end">The end of the range, exclusive; empty for no end.</param>
    /// <param name="limit">The most pairs to give; positive.</param>
    /// <exception cref="StoreException">The store cannot be read, or a value is damaged.</exception>
    IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit);
}
