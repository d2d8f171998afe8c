using System.Numerics;

namespace PoUW.Vm.State;

/// <summary>A set of leaf indices below a count, as one bit each. Not thread-safe.</summary>
internal sealed class LeafSet(int count)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(count + WordBits - 1) / WordBits];
    private bool _all;
    private bool _any;

    /// <summary>True if no leaf is in the set.</summary>
    public bool IsEmpty => !_any;

    /// <summary>Adds every leaf.</summary>
    public void AddAll() => _all = _any = true;

    /// <summary>Adds the leaves from the first to the last, both included.</summary>
    public void Add(int first, int last)
    {
        _any = true;
        if (_all)
        {
            return;
        }

        int lastWord = last / WordBits;
        for (int word = first / WordBits; word <= lastWord; word++)
        {
            int low = Math.Max(first - (word * WordBits), 0);
            int high = Math.Min(last - (word * WordBits), WordBits - 1);
            _words[word] |= ulong.MaxValue >> (WordBits - 1 - high + low) << low;
        }
    }

    /// <summary>Removes every leaf.</summary>
    public void Clear()
    {
        Array.Clear(_words);
        _all = _any = false;
    }

    /// <summary>The leaves in ascending order.</summary>
    public int[] ToArray()
    {
        int[] indices = new int[_all ? count : _words.Sum(BitOperations.PopCount)];
        int position = 0;
        for (int word = 0; word < _words.Length && position < indices.Length; word++)
        {
            int left = Math.Min(WordBits, count - (word * WordBits));
            ulong bits = _all ? ulong.MaxValue >> (WordBits - left) : _words[word];
            for (; bits != 0; bits &= bits - 1)
            {
                indices[position++] = (word * WordBits) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return indices;
    }
}
