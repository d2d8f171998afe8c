namespace PoUW.Core.Storage;

/// <summary>
/// A B+ tree of byte strings in unsigned byte order, with snapshots that cost nothing until the tree changes: a node that a snapshot may
/// see is copied before it is changed, all others are changed in place. Keys and values are copied in and never changed; what it gives
/// out is its own memory. Not thread-safe; a snapshot may be read while the tree changes.
/// </summary>
internal sealed class SortedTree
{
    private const int Most = 64;

    // Nodes smaller than this are merged with a neighbour if both together leave room for more.
    private const int Few = 16;
    private const int MergedMost = 48;

    private object _owner = new();
    private Node _root;

    // The leaf of the last put, and the key at which the next leaf begins (null for the last leaf): keys that come in order need no way
    // down. Holds while the leaf belongs to the owner, since then so do all nodes above it, and until something is split or deleted.
    private Node? _recent;
    private byte[]? _recentEnd;

    internal SortedTree() => _root = new Node(_owner, isLeaf: true);

    /// <summary>The tree as it is now, for <see cref="Find"/> and <see cref="Scan"/>.</summary>
    internal Node Snapshot()
    {
        // No node belongs to the new owner, so each is copied at its next change.
        _owner = new object();
        return _root;
    }

    /// <summary>The newest root. Readers must not use it while the tree changes.</summary>
    internal Node Current => _root;

    /// <summary>The value under a key, or null.</summary>
    internal static byte[]? Find(Node root, ReadOnlySpan<byte> key)
    {
        Node node = root;
        while (node.Children is { } children)
        {
            node = children[node.ChildOf(key)];
        }

        int at = node.LowerBound(key);
        return node.HasAt(at, key) ? node.Values![at] : null;
    }

    /// <summary>Adds copies of the pairs of a range to a list, in order, until it has so many.</summary>
    internal static void Scan(Node node, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, List<KeyValuePair<byte[], byte[]>> found, int limit)
    {
        if (node.Children is { } children)
        {
            // The first child's key is no bound, so only later ones can end the walk.
            int first = node.ChildOf(from);
            for (int i = first; i < node.Count && found.Count < limit && (i == first || IsBefore(node.Keys[i], end)); i++)
            {
                Scan(children[i], from, end, found, limit);
            }

            return;
        }

        for (int i = node.LowerBound(from); i < node.Count && found.Count < limit && IsBefore(node.Keys[i], end); i++)
        {
            found.Add(new KeyValuePair<byte[], byte[]>([.. node.Keys[i]], [.. node.Values![i]]));
        }
    }

    internal void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (TryPutBesideRecent(key, value))
        {
            return;
        }

        _root = Owned(_root);
        if (Put(_root, key, value, null) is { } right)
        {
            Node root = new(_owner, isLeaf: false);
            root.Add(_root.Keys[0], _root);
            root.Add(right.Keys[0], right);
            _root = root;
        }
    }

    internal void Delete(ReadOnlySpan<byte> key)
    {
        if (Find(_root, key) is null)
        {
            return;
        }

        _recent = null;
        _root = Owned(_root);
        Remove(_root, key);
        while (_root.Children is { } children && _root.Count == 1)
        {
            _root = children[0];
        }
    }

    private static bool IsBefore(byte[] key, ReadOnlySpan<byte> end) => end.IsEmpty || key.AsSpan().SequenceCompareTo(end) < 0;

    /// <summary>Puts into the leaf of the put before, if that is where the key belongs and there is room.</summary>
    private bool TryPutBesideRecent(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Node? leaf = _recent;
        if (leaf is null || !ReferenceEquals(leaf.Owner, _owner) || leaf.Count is 0 or Most
            || leaf.Keys[0].AsSpan().SequenceCompareTo(key) > 0 || !(_recentEnd is null || key.SequenceCompareTo(_recentEnd) < 0))
        {
            return false;
        }

        // Keys that come in order mostly belong at the end.
        int at = leaf.Keys[leaf.Count - 1].AsSpan().SequenceCompareTo(key) < 0 ? leaf.Count : leaf.LowerBound(key);
        if (leaf.HasAt(at, key))
        {
            leaf.Values![at] = value.ToArray();
        }
        else
        {
            leaf.Insert(at, key.ToArray(), value.ToArray(), null);
        }

        return true;
    }

    /// <summary>
    /// Puts into an owned node; the end is the key at which the node after it begins. Returns the new node to its right if it was full.
    /// </summary>
    private Node? Put(Node node, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, byte[]? end)
    {
        if (node.Children is null)
        {
            (_recent, _recentEnd) = (node.Count < Most ? node : null, end);
            int at = node.LowerBound(key);
            if (node.HasAt(at, key))
            {
                node.Values![at] = value.ToArray();
                return null;
            }

            return Insert(node, at, key.ToArray(), value.ToArray(), null);
        }

        int child = node.ChildOf(key);
        byte[]? childEnd = child + 1 < node.Count ? node.Keys[child + 1] : end;
        return Put(OwnedChild(node, child), key, value, childEnd) is { } right ? Insert(node, child + 1, right.Keys[0], null, right) : null;
    }

    private Node? Insert(Node node, int at, byte[] key, byte[]? value, Node? child)
    {
        if (node.Count < Most)
        {
            node.Insert(at, key, value, child);
            return null;
        }

        // Keys that come in order fill their nodes; others split them in the middle.
        int kept = at == Most ? Most : Most / 2;
        Node right = new(_owner, node.Children is null);
        right.Append(node, kept, Most - kept);
        node.Truncate(kept);
        if (at > kept || right.Count == 0)
        {
            right.Insert(at - kept, key, value, child);
        }
        else
        {
            node.Insert(at, key, value, child);
        }

        return right;
    }

    /// <summary>Removes a key that is there from an owned node.</summary>
    private void Remove(Node node, ReadOnlySpan<byte> key)
    {
        if (node.Children is null)
        {
            node.RemoveAt(node.LowerBound(key));
            return;
        }

        int at = node.ChildOf(key);
        Node child = OwnedChild(node, at);
        Remove(child, key);
        if (child.Count < Few && node.Count > 1)
        {
            Merge(node, at);
        }
    }

    private void Merge(Node node, int at)
    {
        Node[] children = node.Children!;
        if (children[at].Count == 0)
        {
            node.RemoveAt(at);
            return;
        }

        int left = Math.Min(at, node.Count - 2);
        if (children[left].Count + children[left + 1].Count > MergedMost)
        {
            return;
        }

        Node merged = OwnedChild(node, left);
        int first = merged.Count;
        merged.Append(children[left + 1], 0, children[left + 1].Count);

        // An inner node's first key may be stale; the parent's is the bound.
        if (merged.Children is not null)
        {
            merged.Keys[first] = node.Keys[left + 1];
        }

        node.RemoveAt(left + 1);
    }

    private Node OwnedChild(Node node, int at) => node.Children![at] = Owned(node.Children[at]);

    private Node Owned(Node node) => ReferenceEquals(node.Owner, _owner) ? node : node.CopyFor(_owner);

    /// <summary>
    /// A node: keys in order, and beside each key its value (leaf) or the child with all keys from it up to the next one (inner node, whose
    /// first key is no bound: the first child has all smaller keys, too).
    /// </summary>
    internal sealed class Node(object owner, bool isLeaf)
    {
        internal object Owner { get; } = owner;

        internal int Count { get; private set; }

        internal byte[][] Keys { get; } = new byte[Most][];

        internal byte[][]? Values { get; } = isLeaf ? new byte[Most][] : null;

        internal Node[]? Children { get; } = isLeaf ? null : new Node[Most];

        /// <summary>Place of the first key that is not below the given one.</summary>
        internal int LowerBound(ReadOnlySpan<byte> key)
        {
            int low = 0;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >> 1;
                if (Keys[middle].AsSpan().SequenceCompareTo(key) < 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        internal bool HasAt(int at, ReadOnlySpan<byte> key) => at < Count && key.SequenceEqual(Keys[at]);

        /// <summary>Place of the child that may have a key.</summary>
        internal int ChildOf(ReadOnlySpan<byte> key)
        {
            // The first key is left out: it is no bound, and may lie above the others.
            int low = 1;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >> 1;
                if (Keys[middle].AsSpan().SequenceCompareTo(key) <= 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }

        internal void Add(byte[] key, Node child) => Insert(Count, key, null, child);

        internal void Insert(int at, byte[] key, byte[]? value, Node? child)
        {
            Array.Copy(Keys, at, Keys, at + 1, Count - at);
            Keys[at] = key;
            if (Values is not null)
            {
                Array.Copy(Values, at, Values, at + 1, Count - at);
                Values[at] = value!;
            }
            else
            {
                Array.Copy(Children!, at, Children!, at + 1, Count - at);
                Children![at] = child!;
            }

            Count++;
        }

        internal void RemoveAt(int at)
        {
            int moved = Count - at - 1;
            Array.Copy(Keys, at + 1, Keys, at, moved);
            if (Values is not null)
            {
                Array.Copy(Values, at + 1, Values, at, moved);
            }
            else
            {
                Array.Copy(Children!, at + 1, Children!, at, moved);
            }

            Truncate(Count - 1);
        }

        /// <summary>Adds a part of another node of the same kind at the end.</summary>
        internal void Append(Node other, int from, int count)
        {
            Array.Copy(other.Keys, from, Keys, Count, count);
            if (Values is not null)
            {
                Array.Copy(other.Values!, from, Values, Count, count);
            }
            else
            {
                Array.Copy(other.Children!, from, Children!, Count, count);
            }

            Count += count;
        }

        /// <summary>Keeps the first entries and lets the others go.</summary>
        internal void Truncate(int count)
        {
            Array.Clear(Keys, count, Count - count);
            Array.Clear((Array?)Values ?? Children!, count, Count - count);
            Count = count;
        }

        internal Node CopyFor(object owner)
        {
            Node copy = new(owner, Values is not null);
            copy.Append(this, 0, Count);
            return copy;
        }
    }
}
