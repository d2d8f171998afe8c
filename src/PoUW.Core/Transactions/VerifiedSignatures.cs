using PoUW.Core.Primitives;

namespace PoUW.Core.Transactions;

/// <summary>
/// A bounded memory of good signatures: a table of small sets, one for some of the key's bits; a full set forgets its oldest entry. It
/// starts small and doubles while sets overflow, up to its bound. An entry is a key and an address, 56 bytes. Thread-safe.
/// </summary>
internal sealed class VerifiedSignatures
{
    private const int MaxWays = 16;

    private readonly Lock _gate = new();
    private readonly int _ways;
    private readonly int _maxSets;
    private Hash256[] _keys;
    private Address[] _senders;
    private byte[] _oldest;

    /// <summary>Remembers at most <paramref name="capacity"/> entries.</summary>
    internal VerifiedSignatures(int capacity)
    {
        _ways = Math.Min(capacity, MaxWays);
        _maxSets = capacity / _ways;
        (_keys, _senders, _oldest) = (new Hash256[_ways], new Address[_ways], new byte[1]);
    }

    internal bool TryGet(Hash256 key, out Address sender)
    {
        lock (_gate)
        {
            int at = Find(key);
            sender = at < 0 ? default : _senders[at];
            return at >= 0;
        }
    }

    internal void Add(Hash256 key, Address sender)
    {
        lock (_gate)
        {
            if (Find(key) >= 0)
            {
                return;
            }

            while (!TryPlace(key, sender) && _oldest.Length * 2 <= _maxSets)
            {
                Grow();
            }

            if (Find(key) < 0)
            {
                Replace(key, sender);
            }
        }
    }

    // Bits that the choice of the table did not use; every bit of a hash is as good as another.
    private int SetOf(Hash256 key) => (key.GetHashCode() & int.MaxValue) % _oldest.Length;

    private int Find(Hash256 key)
    {
        int first = SetOf(key) * _ways;
        int way = _keys.AsSpan(first, _ways).IndexOf(key);
        return way < 0 ? -1 : first + way;
    }

    // The zero hash marks a free place; no transaction has it.
    private bool TryPlace(Hash256 key, Address sender)
    {
        int first = SetOf(key) * _ways;
        int free = _keys.AsSpan(first, _ways).IndexOf(Hash256.Zero);
        if (free < 0)
        {
            return false;
        }

        (_keys[first + free], _senders[first + free]) = (key, sender);
        return true;
    }

    private void Replace(Hash256 key, Address sender)
    {
        int set = SetOf(key);
        int at = (set * _ways) + _oldest[set];
        (_keys[at], _senders[at]) = (key, sender);
        _oldest[set] = (byte)((_oldest[set] + 1) % _ways);
    }

    private void Grow()
    {
        (Hash256[] keys, Address[] senders) = (_keys, _senders);
        int sets = _oldest.Length * 2;
        (_keys, _senders, _oldest) = (new Hash256[sets * _ways], new Address[sets * _ways], new byte[sets]);
        for (int i = 0; i < keys.Length; i++)
        {
            if (!keys[i].IsZero)
            {
                TryPlace(keys[i], senders[i]);
            }
        }
    }
}
