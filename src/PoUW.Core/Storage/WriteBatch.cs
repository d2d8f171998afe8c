namespace PoUW.Core.Storage;

/// <summary>
/// An ordered list of writes that a store applies as one atomic step. Keys and values are copied into one growing buffer, so a batch that
/// is cleared and filled again makes no garbage. Not thread-safe.
/// </summary>
public sealed class WriteBatch
{
    /// <summary>Longest key in bytes.</summary>
    public const int MaxKeyBytes = 1024;

    /// <summary>Longest value in bytes: 64 MiB.</summary>
    public const int MaxValueBytes = 64 * 1024 * 1024;

    /// <summary>Most bytes of all keys and values of a batch: 1 GiB.</summary>
    public const int MaxBytes = 1024 * 1024 * 1024;

    private const int Deleted = -1;

    private readonly List<Entry> _entries = [];
    private byte[] _buffer = [];
    private int _length;

    /// <summary>How many operations there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes of all keys and values.</summary>
    public int Bytes => _length;

    /// <summary>An operation by its place, in the order in which they were added.</summary>
    public WriteOperation this[int index]
    {
        get
        {
            Entry entry = _entries[index];
            ReadOnlySpan<byte> key = _buffer.AsSpan(entry.Start, entry.KeyBytes);
            return entry.ValueBytes == Deleted
                ? new WriteOperation(key, [], isDelete: true)
                : new WriteOperation(key, _buffer.AsSpan(entry.Start + entry.KeyBytes, entry.ValueBytes), isDelete: false);
        }
    }

    /// <summary>Sets a key.</summary>
    /// <exception cref="ArgumentException">
    /// The key is empty or longer than <see cref="MaxKeyBytes"/>, or the value is longer than <see cref="MaxValueBytes"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch would have more than <see cref="MaxBytes"/>.</exception>
    public WriteBatch Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxValueBytes)
        {
            throw new ArgumentException($"A value has at most {MaxValueBytes} bytes, not {value.Length}.", nameof(value));
        }

        Span<byte> room = Add(key, value.Length, value.Length);
        value.CopyTo(room);
        return this;
    }

    /// <summary>Removes a key; a key that is absent stays absent.</summary>
    /// <exception cref="ArgumentException">The key is empty or longer than <see cref="MaxKeyBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">The batch would have more than <see cref="MaxBytes"/>.</exception>
    public WriteBatch Delete(ReadOnlySpan<byte> key)
    {
        Add(key, 0, Deleted);
        return this;
    }

    /// <summary>Adds all operations of another batch after those of this one. The other may be this one.</summary>
    /// <exception cref="InvalidOperationException">The batch would have more than <see cref="MaxBytes"/>; some may be added already.</exception>
    public WriteBatch Append(WriteBatch other)
    {
        int count = other.Count;
        for (int i = 0; i < count; i++)
        {
            WriteOperation operation = other[i];
            _ = operation.IsDelete ? Delete(operation.Key) : Put(operation.Key, operation.Value);
        }

        return this;
    }

    /// <summary>Forgets all operations and keeps the memory.</summary>
    public void Clear()
    {
        _entries.Clear();
        _length = 0;
    }

    private Span<byte> Add(ReadOnlySpan<byte> key, int room, int valueBytes)
    {
        if (key.Length is 0 or > MaxKeyBytes)
        {
            throw new ArgumentException($"A key has 1 to {MaxKeyBytes} bytes, not {key.Length}.", nameof(key));
        }

        int start = _length;
        int needed = start + key.Length + room;
        if (needed > MaxBytes)
        {
            throw new InvalidOperationException($"A batch has at most {MaxBytes} bytes; with this operation it would have {needed}.");
        }

        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(256, _buffer.Length * 2L))));
        }

        _entries.Add(new Entry(start, key.Length, valueBytes));
        key.CopyTo(_buffer.AsSpan(start));
        _length = needed;
        return _buffer.AsSpan(start + key.Length, room);
    }

    private readonly record struct Entry(int Start, int KeyBytes, int ValueBytes);
}
