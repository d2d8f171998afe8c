using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The order in which a batch is written: by key, so that pages are visited once, and only the last operation of each key. Keeps its
/// memory. Not thread-safe.
/// </summary>
internal sealed class BatchOrder
{
    private int[] _places = [];

    /// <summary>Places in the batch, in the order of their keys. Valid until the next call.</summary>
    internal ReadOnlySpan<int> Of(WriteBatch batch)
    {
        int count = batch.Count;
        if (_places.Length < count)
        {
            _places = new int[Math.Max(count, Math.Min(2 * _places.Length, Array.MaxLength))];
        }

        Span<int> places = _places.AsSpan(0, count);
        bool ascending = true;
        for (int i = 0; i < count; i++)
        {
            places[i] = i;
            ascending = ascending && (i == 0 || batch[i - 1].Key.SequenceCompareTo(batch[i].Key) < 0);
        }

        if (ascending)
        {
            return places;
        }

        places.Sort(new ByKey(batch));
        return places[..LastOfEachKey(batch, places)];
    }

    private static int LastOfEachKey(WriteBatch batch, Span<int> places)
    {
        int kept = 0;
        for (int i = 0; i < places.Length; i++)
        {
            bool last = i == places.Length - 1 || !batch[places[i]].Key.SequenceEqual(batch[places[i + 1]].Key);
            if (last)
            {
                places[kept++] = places[i];
            }
        }

        return kept;
    }

    /// <summary>By key, then by place, so that the order is a total one and later operations come last.</summary>
    private readonly struct ByKey(WriteBatch batch) : IComparer<int>
    {
        public int Compare(int left, int right)
        {
            int order = batch[left].Key.SequenceCompareTo(batch[right].Key);
            return order != 0 ? order : left.CompareTo(right);
        }
    }
}
