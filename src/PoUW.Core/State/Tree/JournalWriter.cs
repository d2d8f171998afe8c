using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>Writes the journal of a commit in parts of bounded size, so that pruning reads it in bounded steps. Not thread-safe; reused.</summary>
internal sealed class JournalWriter
{
    /// <summary>Most bytes of a part.</summary>
    internal const int ChunkBytes = 64 * 1024;

    private readonly byte[] _chunk = new byte[ChunkBytes];
    private ulong _number;
    private int _used;

    /// <summary>How many parts were written.</summary>
    internal int Chunks { get; private set; }

    internal void Begin(ulong number) => (_number, _used, Chunks) = (number, 0, 0);

    internal void Add(WriteBatch batch, JournalEntry entry)
    {
        if (_chunk.Length - _used < JournalEntry.MaxBytes)
        {
            End(batch);
        }

        _used += entry.Write(_chunk.AsSpan(_used));
    }

    /// <summary>Writes what is left.</summary>
    internal void End(WriteBatch batch)
    {
        if (_used > 0)
        {
            Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
            batch.Put(StateKeys.Journal(key, _number, Chunks++), _chunk.AsSpan(0, _used));
            _used = 0;
        }
    }
}
