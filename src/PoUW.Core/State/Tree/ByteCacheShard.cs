using System.Buffers.Binary;

namespace PoUW.Core.State.Tree;

/// <summary>
/// One ring of a <see cref="ByteCache"/>: records (hash, length of key, length of value, key, value) one after the other, and an open-addressed
/// table of where they begin. A value that is set again leaves its old record behind until the ring comes round. Not thread-safe.
/// </summary>
internal sealed class ByteCacheShard(int capacity)
{
    private const int HeaderBytes = 12;
    private const int FirstBytes = 4096;
    private const int FirstSlots = 16;

    private byte[] _ring = [];

    // Place in the ring plus one; 0 for none. The hash is in the record.
    private int[] _table = [];
    private int _entries;
    private long _head;
    private long _tail;

    internal int Get(uint hash, ReadOnlySpan<byte> key, Span<byte> head, Span<byte> rest)
    {
        int slot = Find(hash, key);
        if (slot < 0)
        {
            return -1;
        }

        ReadOnlySpan<byte> value = ValueAt(_table[slot] - 1);
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

        int place = Reserve(bytes);
        Span<byte> record = _ring.AsSpan(place, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record, hash);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], head.Length + rest.Length);
        key.CopyTo(record[HeaderBytes..]);
        head.CopyTo(record[(HeaderBytes + key.Length)..]);
        rest.CopyTo(record[(HeaderBytes + key.Length + head.Length)..]);
        int slot = Find(hash, key);
        if (slot < 0)
        {
            Insert(hash, place);
        }
        else
        {
            _table[slot] = place + 1;
        }
    }

    internal void Clear()
    {
        _table.AsSpan().Clear();
        (_entries, _head, _tail) = (0, 0, 0);
    }

    internal void Remove(uint hash, ReadOnlySpan<byte> key)
    {
        int slot = Find(hash, key);
        if (slot >= 0)
        {
            RemoveSlot(slot);
        }
    }

    /// <summary>Makes room for a record that lies in one piece, and returns its place.</summary>
    private int Reserve(int bytes)
    {
        if (_head == 0 && _tail + bytes > _ring.Length && _ring.Length < capacity)
        {
            long wanted = Math.Max(_tail + bytes, Math.Max(FirstBytes, _ring.Length * 2L));
            Array.Resize(ref _ring, (int)Math.Min(wanted, capacity));
        }

        int place = (int)(_tail % _ring.Length);
        int skipped = place + bytes > _ring.Length ? _ring.Length - place : 0;
        while (_ring.Length - (_tail - _head) < skipped + bytes)
        {
            if (_head == _tail)
            {
                // Empty, and too short for the skipped end and the record: begin anew.
                (_head, _tail, place, skipped) = (0, 0, 0, 0);
                break;
            }

            EvictOldest();
        }

        if (skipped >= HeaderBytes)
        {
            // A record without a key says that the rest of the ring is unused.
            BinaryPrimitives.WriteInt32LittleEndian(_ring.AsSpan(place + 4), -1);
        }

        _tail += skipped + bytes;
        return skipped > 0 ? 0 : place;
    }

    private void EvictOldest()
    {
        int place = (int)(_head % _ring.Length);
        int left = _ring.Length - place;
        if (left < HeaderBytes || KeyBytes(place) < 0)
        {
            _head += left;
            return;
        }

        int keyBytes = KeyBytes(place);
        int slot = Find(HashAt(place), _ring.AsSpan(place + HeaderBytes, keyBytes));
        if (slot >= 0 && _table[slot] == place + 1)
        {
            RemoveSlot(slot);
        }

        _head += (HeaderBytes + keyBytes + ValueBytes(place) + 3) & ~3;
    }

    private int Find(uint hash, ReadOnlySpan<byte> key)
    {
        if (_table.Length == 0)
        {
            return -1;
        }

        int mask = _table.Length - 1;
        for (int slot = Home(hash, mask); _table[slot] != 0; slot = (slot + 1) & mask)
        {
            int place = _table[slot] - 1;
            if (HashAt(place) == hash && _ring.AsSpan(place + HeaderBytes, KeyBytes(place)).SequenceEqual(key))
            {
                return slot;
            }
        }

        return -1;
    }

    private void Insert(uint hash, int place)
    {
        if ((_entries + 1) * 2 > _table.Length)
        {
            int[] old = _table;
            _table = new int[Math.Max(FirstSlots, old.Length * 2)];
            foreach (int entry in old)
            {
                if (entry != 0)
                {
                    _table[FreeSlot(HashAt(entry - 1))] = entry;
                }
            }
        }

        _table[FreeSlot(hash)] = place + 1;
        _entries++;
    }

    private int FreeSlot(uint hash)
    {
        int mask = _table.Length - 1;
        int slot = Home(hash, mask);
        while (_table[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    /// <summary>Closes the gap, so that searches need no mark of what was here (Knuth, volume 3, 6.4, algorithm R).</summary>
    private void RemoveSlot(int gap)
    {
        int mask = _table.Length - 1;
        for (int slot = (gap + 1) & mask; _table[slot] != 0; slot = (slot + 1) & mask)
        {
            int home = Home(HashAt(_table[slot] - 1), mask);
            if (((slot - home) & mask) >= ((slot - gap) & mask))
            {
                _table[gap] = _table[slot];
                gap = slot;
            }
        }

        _table[gap] = 0;
        _entries--;
    }

    // The low bits chose the shard.
    private static int Home(uint hash, int mask) => (int)(hash >> 3) & mask;

    private uint HashAt(int place) => BinaryPrimitives.ReadUInt32LittleEndian(_ring.AsSpan(place));

    private int KeyBytes(int place) => BinaryPrimitives.ReadInt32LittleEndian(_ring.AsSpan(place + 4));

    private int ValueBytes(int place) => BinaryPrimitives.ReadInt32LittleEndian(_ring.AsSpan(place + 8));

    private ReadOnlySpan<byte> ValueAt(int place) => _ring.AsSpan(place + HeaderBytes + KeyBytes(place), ValueBytes(place));
}
