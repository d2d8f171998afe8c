using System.Buffers.Binary;

namespace PoUW.Core.State.Tree;

/// <summary>
/// One ring of a <see cref="ByteCache"/>: records (hash, length of key, length of value, key, value) one after the other, and a table of where
/// they begin, in groups of a cache line. A new record overwrites what the ring held there; a place in the table says by itself
/// whether its record is still whole, so going takes no work. A value that is set again leaves its old record behind. Not thread-safe.
/// </summary>
internal sealed class ByteCacheShard(int capacity)
{
    private const int HeaderBytes = 12;
    private const int FirstBytes = 4096;
    private const int Group = 8;

    // An entry of the table: 24 bits of the hash, and how many words were written before the record, plus one; 0 for none.
    private const int WordBits = 40;
    private const ulong WordMask = (1UL << WordBits) - 1;

    private byte[] _ring = [];
    private ulong[] _table = [];
    private long _records;

    // Bytes written since the beginning, with what was left out at the ends of the ring.
    private long _tail;

    internal int Get(uint hash, ReadOnlySpan<byte> key, Span<byte> head, Span<byte> rest)
    {
        int slot = Find(hash, key);
        if (slot < 0)
        {
            return -1;
        }

        ReadOnlySpan<byte> value = ValueAt(PlaceOf(_table[slot]));
        value[..head.Length].CopyTo(head);
        int length = value.Length - head.Length;
        if (length <= rest.Length)
        {
            value[head.Length..].CopyTo(rest);
        }

        return length;
    }

    internal void Put(uint hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        int bytes = (HeaderBytes + key.Length + head.Length + rest.Length + 3) & ~3;
        if (bytes > capacity)
        {
            Remove(hash, key);
            return;
        }

        // Before the record is written, which may destroy the old one of the key.
        int slot = Find(hash, key);
        ulong old = slot < 0 ? 0 : _table[slot];
        ulong entry = Reserve(hash, bytes);
        Span<byte> record = _ring.AsSpan(PlaceOf(entry), bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record, hash);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], head.Length + rest.Length);
        key.CopyTo(record[HeaderBytes..]);
        head.CopyTo(record[(HeaderBytes + key.Length)..]);
        rest.CopyTo(record[(HeaderBytes + key.Length + head.Length)..]);
        _records++;
        if (slot >= 0 && _table[slot] == old)
        {
            _table[slot] = entry;
        }
        else
        {
            Insert(hash, entry);
        }
    }

    internal void Clear()
    {
        _table.AsSpan().Clear();
        (_records, _tail) = (0, 0);
    }

    private void Remove(uint hash, ReadOnlySpan<byte> key)
    {
        int slot = Find(hash, key);
        if (slot >= 0)
        {
            _table[slot] = 0;
        }
    }

    /// <summary>Makes room for a record that lies in one piece, and returns its entry of the table.</summary>
    private ulong Reserve(uint hash, int bytes)
    {
        // As long as nothing was overwritten, places stay right in a larger ring.
        if (_tail + bytes > _ring.Length && _tail <= _ring.Length && _ring.Length < capacity)
        {
            long wanted = Math.Max(_tail + bytes, Math.Max(FirstBytes, _ring.Length * 2L));
            Array.Resize(ref _ring, (int)Math.Min(wanted, capacity));
        }

        int left = _ring.Length - (int)(_tail % _ring.Length);
        if (left < bytes)
        {
            _tail += left;
        }

        if ((ulong)(_tail >> 2) + 1 > WordMask)
        {
            Clear();
        }

        ulong entry = ((ulong)(hash >> 8) << WordBits) | ((ulong)(_tail >> 2) + 1);
        _tail += bytes;
        return entry;
    }

    private int Find(uint hash, ReadOnlySpan<byte> key)
    {
        if (_table.Length == 0)
        {
            return -1;
        }

        int first = GroupOf(hash);
        for (int slot = first; slot < first + Group; slot++)
        {
            ulong entry = _table[slot];
            if (entry >> WordBits == hash >> 8 && IsWhole(entry) && HasKey(PlaceOf(entry), hash, key))
            {
                return slot;
            }
        }

        return -1;
    }

    private void Insert(uint hash, ulong entry)
    {
        if (_table.Length == 0)
        {
            _table = new ulong[Group];
        }

        int slot = OldestIn(_table, GroupOf(hash));
        if (IsWhole(_table[slot]) && HasFewSlots())
        {
            Grow();
            slot = OldestIn(_table, GroupOf(hash));
        }

        // If all records of the group are whole, one goes before its time.
        _table[slot] = entry;
    }

    /// <summary>True if there are fewer than two places for a record of the size of those so far.</summary>
    private bool HasFewSlots() => _table.Length < 2 * (Math.Min(_tail, _ring.Length) / Math.Max(1, _tail / _records));

    private void Grow()
    {
        ulong[] old = _table;
        _table = new ulong[old.Length * 2];
        foreach (ulong entry in old)
        {
            if (IsWhole(entry))
            {
                _table[OldestIn(_table, GroupOf(BinaryPrimitives.ReadUInt32LittleEndian(_ring.AsSpan(PlaceOf(entry)))))] = entry;
            }
        }
    }

    private static int OldestIn(ulong[] table, int first)
    {
        int oldest = first;
        for (int slot = first; slot < first + Group; slot++)
        {
            oldest = (table[slot] & WordMask) < (table[oldest] & WordMask) ? slot : oldest;
        }

        return oldest;
    }

    // The low bits chose the shard, the high ones are in the entry; all of them are well mixed.
    private int GroupOf(uint hash) => (int)(hash >> 3) & (_table.Length - 1) & ~(Group - 1);

    /// <summary>True if nothing has been written over a record yet.</summary>
    private bool IsWhole(ulong entry) => (entry & WordMask) != 0 && (long)((entry & WordMask) - 1) << 2 >= _tail - _ring.Length;

    private int PlaceOf(ulong entry) => (int)(((long)((entry & WordMask) - 1) << 2) % _ring.Length);

    private bool HasKey(int place, uint hash, ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadUInt32LittleEndian(_ring.AsSpan(place)) == hash && _ring.AsSpan(place + HeaderBytes, KeyBytes(place)).SequenceEqual(key);

    private int KeyBytes(int place) => BinaryPrimitives.ReadInt32LittleEndian(_ring.AsSpan(place + 4));

    private ReadOnlySpan<byte> ValueAt(int place) =>
        _ring.AsSpan(place + HeaderBytes + KeyBytes(place), BinaryPrimitives.ReadInt32LittleEndian(_ring.AsSpan(place + 8)));
}
