using System.Diagnostics;
using PoUW.Core.Storage;

namespace PoUW.Benchmarks.Ledger;

/// <summary>A store that adds up the time and the number of its calls. For one thread.</summary>
internal sealed class MeteredStore(IKeyValueStore inner) : IKeyValueStore
{
    internal TimeSpan Reading { get; private set; }

    internal TimeSpan Writing { get; private set; }

    internal long Reads { get; private set; }

    internal long Writes { get; private set; }

    internal long BytesWritten { get; private set; }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        long start = Stopwatch.GetTimestamp();
        byte[]? value = inner.Get(key);
        Reading += Stopwatch.GetElapsedTime(start);
        Reads++;
        return value;
    }

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<KeyValuePair<byte[], byte[]>> found = inner.Scan(from, end, limit);
        Reading += Stopwatch.GetElapsedTime(start);
        Reads++;
        return found;
    }

    public void Apply(WriteBatch batch)
    {
        long start = Stopwatch.GetTimestamp();
        inner.Apply(batch);
        Writing += Stopwatch.GetElapsedTime(start);
        Writes += batch.Count;
        BytesWritten += batch.Bytes;
    }

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose() => inner.Dispose();
}
