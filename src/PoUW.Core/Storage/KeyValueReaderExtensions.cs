namespace PoUW.Core.Storage;

/// <summary>Scans over any reader.</summary>
public static class KeyValueReaderExtensions
{
    private const int PagePairs = 256;

    /// <summary>
    /// All pairs whose key starts with a prefix, in key order, read page by page: on a store that changes meanwhile, each page is as it
    /// was when it was read; on a snapshot all are of one moment. An empty prefix gives every pair.
    /// </summary>
    public static IEnumerable<KeyValuePair<byte[], byte[]>> ScanPrefix(this IKeyValueReader reader, ReadOnlySpan<byte> prefix) =>
        ScanPages(reader, prefix.ToArray(), EndOf(prefix));

    /// <summary>The first key after all keys with this prefix; empty when there is none.</summary>
    public static byte[] EndOf(ReadOnlySpan<byte> prefix)
    {
        int last = prefix.LastIndexOfAnyExcept((byte)0xFF);
        byte[] end = prefix[..(last + 1)].ToArray();
        if (last >= 0)
        {
            end[last]++;
        }

        return end;
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]>> ScanPages(IKeyValueReader reader, byte[] from, byte[] end)
    {
        while (true)
        {
            IReadOnlyList<KeyValuePair<byte[], byte[]>> page = reader.Scan(from, end, PagePairs);
            foreach (KeyValuePair<byte[], byte[]> pair in page)
            {
                yield return pair;
            }

            if (page.Count < PagePairs)
            {
                yield break;
            }

            // The smallest key above the last one.
            from = [.. page[^1].Key, 0];
        }
    }
}
