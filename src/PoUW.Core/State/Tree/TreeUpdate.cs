using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The pages that changes give: walks down to every place that changes, rebuilds the pages there, and hashes all new nodes at the end, level
/// by level. Touches no store. Holds its result until it is cleared. Not thread-safe; reused.
/// </summary>
internal sealed class TreeUpdate
{
    // Changes that meet in one slot are merged into its leaves up to this number, and by a walk into a new page above.
    private const int MaxMerged = 64;

    private readonly PageBuffer?[] _old = new PageBuffer?[Hash256.Size * 2];
    private readonly PageBuffer?[] _fresh = new PageBuffer?[Hash256.Size * 2];
    private readonly HashForest _hashes = new();
    private readonly PageTree _tree;
    private readonly List<NewPage> _pages = [];
    private readonly List<(int Place, int Reference)> _hashPlaces = [];
    private readonly List<int> _numberPlaces = [];
    private readonly List<ChangedValue> _values = [];
    private readonly List<ReplacedPage> _replaced = [];
    private PageStore _store = null!;
    private byte[] _bytes = new byte[4096];
    private int _used;

    internal TreeUpdate() => _tree = new PageTree(_hashes);

    /// <summary>The changes; to be filled before <see cref="Run"/>.</summary>
    internal ChangeSet Changes { get; } = new();

    /// <summary>The new root.</summary>
    internal Hash256 Root { get; private set; }

    /// <summary>The new pages.</summary>
    internal List<NewPage> Pages => _pages;

    /// <summary>The values that really change, by path.</summary>
    internal List<ChangedValue> Values => _values;

    /// <summary>The places whose page was written or is gone.</summary>
    internal List<ReplacedPage> Replaced => _replaced;

    /// <summary>Bytes of memory that it holds.</summary>
    internal long Capacity => _bytes.Length + _hashes.Capacity + Changes.Capacity + (_values.Capacity * 16L) + (_pages.Capacity * 48L);

    /// <summary>The bytes of a new page.</summary>
    internal ReadOnlySpan<byte> Bytes(NewPage page) => _bytes.AsSpan(page.Start, page.Length);

    internal void Clear()
    {
        Changes.Clear();
        _hashes.Clear();
        _pages.Clear();
        _hashPlaces.Clear();
        _numberPlaces.Clear();
        _values.Clear();
        _replaced.Clear();
        _used = 0;
    }

    /// <summary>Computes the new pages on top of a version.</summary>
    internal void Run(PageStore store, Version parent)
    {
        _store = store;
        Changes.Complete();
        PageBuffer root = Buffer(_old, 0);
        bool hasPage = parent.Page != 0;
        if (hasPage)
        {
            root.SetLength(store.Load(0, Hash256.Zero, parent.Page, root.Room()));
        }
        else
        {
            root.Begin();
        }

        int? reference = Update(0, hasPage ? parent.Page : 0, 0, Changes.Count);
        _hashes.Run();
        foreach ((int place, int child) in _hashPlaces)
        {
            _hashes.Get(child).CopyTo(_bytes.AsSpan(place));
        }

        Root = reference is { } changed ? new Hash256(_hashes.Get(changed)) : parent.Root;
    }

    /// <summary>Writes the number of the commit into the new pages.</summary>
    internal void SetNumber(ulong number)
    {
        foreach (int place in _numberPlaces)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(place), number);
        }
    }

    /// <summary>
    /// Rebuilds the page at a depth, whose old form is in the buffer of the depth, and which has changes from one index to another.
    /// </summary>
    /// <returns>
    /// The reference of its hash; null if nothing changed. If the new page fits into the slot above, it is in the buffer and nothing was
    /// written; that is the caller's affair.
    /// </returns>
    private int? Update(int depth, ulong oldNumber, int from, int end)
    {
        ReadOnlySpan<byte> old = Buffer(_old, depth).Bytes;
        PageBuffer fresh = Buffer(_fresh, depth);
        fresh.Begin();
        bool changed = false;
        int offset = Page.HeaderBytes;
        Hash256 prefix = from < end ? Changes.Path(from) : Hash256.Zero;
        int slot = 0;
        while (from < end)
        {
            int next = from + 1;
            int touched = Changes.Nibble(from, depth);
            while (next < end && Changes.Nibble(next, depth) == touched)
            {
                next++;
            }

            offset = fresh.CopySlots(old, slot, touched, offset);
            int kind = Page.Kind(old, touched);
            ReadOnlySpan<byte> content = old.Slice(offset, Page.SlotBytes(kind));
            offset += content.Length;
            changed |= kind == Page.Child
                ? UpdateChild(fresh, depth, touched, content, from, next)
                : UpdateLeaves(fresh, depth, touched, content, from, next);
            (from, slot) = (next, touched + 1);
        }

        fresh.CopySlots(old, slot, Page.Slots, offset);
        return changed ? Finish(fresh, depth, prefix, oldNumber) : null;
    }

    private int Finish(PageBuffer fresh, int depth, Hash256 prefix, ulong oldNumber)
    {
        bool isPage = depth == 0 ? fresh.Leaves + fresh.Children > 0 : !fresh.FitsInline;
        if (isPage || oldNumber != 0)
        {
            _replaced.Add(new ReplacedPage(depth, prefix, oldNumber, isPage));
        }

        return isPage ? Emit(fresh, depth, prefix) : HashForest.Empty;
    }

    private bool UpdateChild(PageBuffer fresh, int depth, int slot, ReadOnlySpan<byte> child, int from, int end)
    {
        ulong number = Page.ChildNumber(child);
        PageBuffer old = Buffer(_old, depth + 1);
        old.SetLength(_store.Load(depth + 1, Changes.Path(from), number, old.Room()));
        if (Update(depth + 1, number, from, end) is { } reference)
        {
            AddUpdated(fresh, depth, slot, reference);
            return true;
        }

        fresh.Copy(slot, Page.Child, child);
        return false;
    }

    private void AddUpdated(PageBuffer fresh, int depth, int slot, int reference)
    {
        PageBuffer below = Buffer(_fresh, depth + 1);
        if (below.FitsInline)
        {
            fresh.Copy(slot, below.Leaves, below.LeafBytes);
        }
        else
        {
            fresh.AddPendingChild(slot, reference);
        }
    }

    private bool UpdateLeaves(PageBuffer fresh, int depth, int slot, ReadOnlySpan<byte> leaves, int from, int end)
    {
        if (end - from <= MaxMerged)
        {
            Span<byte> merged = stackalloc byte[Page.InlineLeaves * Page.LeafBytes];
            int values = _values.Count;
            if (TryMerge(leaves, from, end, merged, out int count, out bool changed))
            {
                fresh.Copy(slot, count, merged[..(count * Page.LeafBytes)]);
                return changed;
            }

            _values.RemoveRange(values, _values.Count - values);
        }

        Buffer(_old, depth + 1).Fill(leaves, depth + 1);
        if (Update(depth + 1, 0, from, end) is { } reference)
        {
            AddUpdated(fresh, depth, slot, reference);
            return true;
        }

        fresh.Copy(slot, leaves.Length / Page.LeafBytes, leaves);
        return false;
    }

    /// <summary>Merges changes into the leaves of a slot, both in the order of their paths. False if they do not fit.</summary>
    private bool TryMerge(ReadOnlySpan<byte> leaves, int from, int end, Span<byte> merged, out int count, out bool changed)
    {
        (count, changed) = (0, false);
        while (from < end || !leaves.IsEmpty)
        {
            int order = leaves.IsEmpty ? 1 : from == end ? -1 : Page.LeafPath(leaves).CompareTo(Changes.Path(from));
            ReadOnlySpan<byte> old = order <= 0 ? leaves[..Page.LeafBytes] : default;
            leaves = leaves[old.Length..];
            bool kept = order < 0 || (order == 0 && !Changes.IsRemoval(from) && Page.LeafHash(old).SequenceEqual(Changes.LeafHash(from)));
            bool written = order >= 0 && !kept && !Changes.IsRemoval(from);
            if ((kept || written) && count == Page.InlineLeaves)
            {
                return false;
            }

            if (kept)
            {
                old.CopyTo(merged[(count++ * Page.LeafBytes)..]);
            }
            else if (written)
            {
                WriteLeaf(merged.Slice(count++ * Page.LeafBytes, Page.LeafBytes), from);
            }

            if (!kept && (written || order == 0))
            {
                _values.Add(new ChangedValue(from, order == 0 ? Page.LeafNumber(old) : 0));
                changed = true;
            }

            from += order >= 0 ? 1 : 0;
        }

        return true;
    }

    private void WriteLeaf(Span<byte> leaf, int change)
    {
        Changes.Path(change).CopyTo(leaf);
        Changes.LeafHash(change).CopyTo(leaf[Hash256.Size..]);
        BinaryPrimitives.WriteUInt64BigEndian(leaf[(2 * Hash256.Size)..], Page.Pending);
    }

    /// <summary>Keeps a finished page, notes what in it is not known yet, and gives the reference of its hash.</summary>
    private int Emit(PageBuffer page, int depth, Hash256 prefix)
    {
        ReadOnlySpan<byte> bytes = page.Bytes;
        if (_bytes.Length - _used < bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, (long)_used + bytes.Length)));
        }

        int start = _used;
        bytes.CopyTo(_bytes.AsSpan(start));
        _used += bytes.Length;
        _pages.Add(new NewPage(depth, prefix, start, bytes.Length));
        _tree.Load(_bytes, start, depth);
        for (int i = 0; i < _tree.Count; i++)
        {
            ReadOnlySpan<byte> entry = _tree.Entry(i);
            if (BinaryPrimitives.ReadUInt64BigEndian(entry[^8..]) == Page.Pending)
            {
                _numberPlaces.Add(start + _tree.Offset(i) + entry.Length - 8);
                if (_tree.IsChild(i))
                {
                    _hashPlaces.Add((start + _tree.Offset(i), BinaryPrimitives.ReadInt32LittleEndian(entry)));
                }
            }
        }

        return _tree.Build(0, _tree.Count, depth * 4);
    }

    private static PageBuffer Buffer(PageBuffer?[] buffers, int depth) => buffers[depth] ??= new PageBuffer();

    /// <summary>A page that was built.</summary>
    internal readonly record struct NewPage(int Depth, Hash256 Prefix, int Start, int Length);

    /// <summary>A value that changes, and the number of the commit that wrote the old one; 0 if there was none.</summary>
    internal readonly record struct ChangedValue(int Change, ulong OldNumber);

    /// <summary>A place whose page changes, and the number of the old page; 0 if there was none.</summary>
    internal readonly record struct ReplacedPage(int Depth, Hash256 Prefix, ulong OldNumber, bool IsWritten);
}
