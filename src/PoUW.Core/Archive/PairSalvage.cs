using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>
/// Copies the pairs of a damaged store that can be read. Where a scan fails, it looks for the next key from which it does not, with steps
/// that double, first at the end of the key and then further to its front, so that little more than the damaged page is lost.
/// </summary>
internal sealed class PairSalvage(IKeyValueReader damaged, IKeyValueStore target)
{
    // Pairs may be as large as chunks, so a page of them is a few megabytes at most.
    private const int PagePairs = 4;
    private const int BatchBytes = 1 << 20;

    private readonly WriteBatch _batch = new();
    private readonly List<string> _lost = [];

    internal ulong Copied { get; private set; }

    internal IReadOnlyList<string> Lost => _lost;

    /// <summary>Copies all pairs but those with some prefixes.</summary>
    internal void Copy(IReadOnlyList<string> without, IReadOnlyList<string> known, CancellationToken cancellation)
    {
        SortedSet<string> prefixes = new(without.Concat(known), StringComparer.Ordinal);
        byte[] from = [];
        foreach (string prefix in prefixes)
        {
            byte[] start = Encoding.UTF8.GetBytes(prefix);
            CopyRange(from, start, 0, cancellation);
            byte[] end = KeyValueReaderExtensions.EndOf(start);
            if (!without.Contains(prefix))
            {
                CopyRange(start, end, start.Length, cancellation);
            }

            from = end;
        }

        CopyRange(from, [], 0, cancellation);
        Flush();
    }

    private void CopyRange(byte[] from, byte[] end, int fixedBytes, CancellationToken cancellation)
    {
        byte[]? at = from;
        while (at is not null)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryScan(at, end, PagePairs, out IReadOnlyList<KeyValuePair<byte[], byte[]>> page) || TryScan(at, end, 1, out page))
            {
                Take(page);
                at = page.Count == 0 ? null : [.. page[^1].Key, 0];
            }
            else
            {
                byte[]? next = Skip(at, end, fixedBytes);
                _lost.Add($"{Show(at)} to {(next is null ? Show(end) : Show(next))}");
                at = next;
            }
        }
    }

    /// <summary>The next key from which a scan works, or null if there is none before the end of the range.</summary>
    private byte[]? Skip(byte[] from, byte[] end, int fixedBytes)
    {
        for (int at = Math.Max(fixedBytes, from.Length - 8); ; at = Math.Max(fixedBytes, at - 8))
        {
            if (SkipAt(from[..at], NumberAt(from, at), end) is { } found)
            {
                return found;
            }

            if (at == fixedBytes)
            {
                return null;
            }
        }
    }

    private static ulong NumberAt(byte[] key, int at)
    {
        Span<byte> digits = stackalloc byte[8];
        digits.Clear();
        key.AsSpan(at, Math.Min(8, key.Length - at)).CopyTo(digits);
        return BinaryPrimitives.ReadUInt64BigEndian(digits);
    }

    /// <summary>Steps of 1, 2, 4, ... from a number after a prefix, then halving back to the first that works.</summary>
    private byte[]? SkipAt(byte[] prefix, ulong start, byte[] end)
    {
        ulong bad = start;
        for (int shift = 0; shift < 64 && bad <= ulong.MaxValue - (1UL << shift); shift++)
        {
            ulong good = bad + (1UL << shift);
            byte[] key = Join(prefix, good);
            if (!end.AsSpan().IsEmpty && key.AsSpan().SequenceCompareTo(end) >= 0)
            {
                return null;
            }

            if (TryScan(key, end, 1, out _))
            {
                return Join(prefix, FirstGood(prefix, bad, good, end));
            }

            bad = good;
        }

        return null;
    }

    private ulong FirstGood(byte[] prefix, ulong bad, ulong good, byte[] end)
    {
        while (good - bad > 1)
        {
            ulong middle = bad + ((good - bad) / 2);
            if (TryScan(Join(prefix, middle), end, 1, out _))
            {
                good = middle;
            }
            else
            {
                bad = middle;
            }
        }

        return good;
    }

    private bool TryScan(byte[] from, byte[] end, int limit, out IReadOnlyList<KeyValuePair<byte[], byte[]>> page)
    {
        try
        {
            page = damaged.Scan(from, end, limit);
            return true;
        }
        catch (StoreException)
        {
            // The place is damaged; the caller looks beside it and reports what it passed over.
            page = [];
            return false;
        }
    }

    private void Take(IReadOnlyList<KeyValuePair<byte[], byte[]>> page)
    {
        foreach ((byte[] key, byte[] value) in page)
        {
            _batch.Put(key, value);
            Copied++;
        }

        if (_batch.Bytes >= BatchBytes)
        {
            Flush();
        }
    }

    private void Flush()
    {
        target.Apply(_batch);
        _batch.Clear();
    }

    private static byte[] Join(byte[] prefix, ulong number)
    {
        byte[] key = new byte[prefix.Length + 8];
        prefix.CopyTo(key, 0);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(prefix.Length), number);
        return key;
    }

    private static string Show(byte[] key) => key.Length == 0
        ? "the end of the keys"
        : string.Concat(key.Select(value => value is >= 0x20 and < 0x7f ? ((char)value).ToString() : $"\\x{value:x2}"));
}
