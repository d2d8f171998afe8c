using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>Goes through the leaves below a place in the order of their paths; memory is bounded by the depth. Not thread-safe.</summary>
internal sealed class LeafCursor
{
    private readonly PageStore _pages;
    private readonly Stack<Frame> _open = new();
    private readonly Hash256? _after;
    private readonly byte[] _current = new byte[Page.LeafBytes];

    /// <summary>Starts before the first leaf.</summary>
    /// <param name="pages">Where the pages are.</param>
    /// <param name="depth">Depth of the place in nibbles.</param>
    /// <param name="prefix">The place.</param>
    /// <param name="number">The number of its page; 0 for none.</param>
    /// <param name="after">Leaves up to and including this path are left out.</param>
    internal LeafCursor(PageStore pages, int depth, Hash256 prefix, ulong number, Hash256? after = null)
    {
        (_pages, _after) = (pages, after);
        if (number != 0)
        {
            Open(depth, prefix, number, after is not null);
        }
    }

    /// <summary>The leaf, until the next call of <see cref="MoveNext"/>.</summary>
    internal ReadOnlySpan<byte> Current => _current;

    /// <summary>Goes to the next leaf.</summary>
    internal bool MoveNext()
    {
        while (_open.TryPeek(out Frame? frame))
        {
            if (frame.Slot == Page.Slots)
            {
                _open.Pop();
                continue;
            }

            ReadOnlySpan<byte> content = frame.Content(out int kind);
            int edge = frame.OnEdge ? _after!.Value.Nibble(frame.Depth) : -1;
            if (kind == Page.Child)
            {
                ulong number = Page.ChildNumber(content);
                int slot = frame.Slot;
                frame.NextSlot(content.Length);
                if (slot >= edge)
                {
                    Open(frame.Depth + 1, Page.ChildPrefix(frame.Prefix, frame.Depth, slot), number, slot == edge);
                }
            }
            else if (frame.Leaf < kind)
            {
                content.Slice(frame.Leaf++ * Page.LeafBytes, Page.LeafBytes).CopyTo(_current);
                if (frame.Slot > edge || Page.LeafPath(_current) > _after!.Value)
                {
                    return true;
                }
            }
            else
            {
                frame.NextSlot(content.Length);
            }
        }

        return false;
    }

    private void Open(int depth, Hash256 prefix, ulong number, bool onEdge)
    {
        Frame frame = new(depth, prefix, onEdge);
        frame.Length = _pages.Load(depth, prefix, number, frame.Bytes);
        _open.Push(frame);
    }

    private sealed class Frame(int depth, Hash256 prefix, bool onEdge)
    {
        private int _offset = Page.HeaderBytes;

        internal byte[] Bytes { get; } = new byte[Page.MaxBytes];

        internal int Length { get; set; }

        internal int Depth => depth;

        internal Hash256 Prefix => prefix;

        internal bool OnEdge => onEdge;

        internal int Slot { get; private set; }

        internal int Leaf { get; set; }

        internal ReadOnlySpan<byte> Content(out int kind)
        {
            kind = Page.Kind(Bytes, Slot);
            return Bytes.AsSpan(_offset, Page.SlotBytes(kind));
        }

        internal void NextSlot(int bytes)
        {
            Slot++;
            Leaf = 0;
            _offset += bytes;
        }
    }
}
