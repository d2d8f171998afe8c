using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// Finds what differs between two states. Places with one hash are passed over, and pages are a function of the leaves, so the cost grows
/// with the difference alone.
/// </summary>
internal sealed class StateDiffer(WorldState world, Version first, Version second)
{
    /// <summary>All differences in the order of their paths.</summary>
    internal IEnumerable<StateDifference> Run()
    {
        if (first.Root == second.Root)
        {
            return [];
        }

        return Pages(0, Hash256.Zero, Load(0, Hash256.Zero, first.Page), Load(0, Hash256.Zero, second.Page));
    }

    private IEnumerable<StateDifference> Pages(int depth, Hash256 prefix, byte[] old, byte[] fresh)
    {
        for (int slot = 0; slot < Page.Slots; slot++)
        {
            ulong oldChild = ChildOf(old, slot);
            ulong freshChild = ChildOf(fresh, slot);
            if (IsSame(old, fresh, slot))
            {
                continue;
            }

            Hash256 place = Page.ChildPrefix(prefix, depth, slot);
            IEnumerable<StateDifference> differences = oldChild != 0 && freshChild != 0
                ? Pages(depth + 1, place, Load(depth + 1, place, oldChild), Load(depth + 1, place, freshChild))
                : Merge(Leaves(depth, place, old, slot, oldChild), Leaves(depth, place, fresh, slot, freshChild));
            foreach (StateDifference difference in differences)
            {
                yield return difference;
            }
        }
    }

    private IEnumerable<StateDifference> Merge(IEnumerable<byte[]> old, IEnumerable<byte[]> fresh)
    {
        using IEnumerator<byte[]> left = old.GetEnumerator();
        using IEnumerator<byte[]> right = fresh.GetEnumerator();
        bool hasLeft = left.MoveNext();
        bool hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            int order = !hasLeft ? 1 : !hasRight ? -1 : Page.LeafPath(left.Current).CompareTo(Page.LeafPath(right.Current));
            byte[]? from = order <= 0 ? left.Current : null;
            byte[]? to = order >= 0 ? right.Current : null;
            hasLeft = order <= 0 ? left.MoveNext() : hasLeft;
            hasRight = order >= 0 ? right.MoveNext() : hasRight;
            if (from is null || to is null || !Page.LeafHash(from).SequenceEqual(Page.LeafHash(to)))
            {
                yield return new StateDifference(Page.LeafPath(from ?? to), Value(from, first), Value(to, second));
            }
        }
    }

    private IEnumerable<byte[]> Leaves(int depth, Hash256 place, byte[] page, int slot, ulong child)
    {
        if (child != 0)
        {
            LeafCursor cursor = new(world.Pages, depth + 1, place, child);
            while (cursor.MoveNext())
            {
                yield return cursor.Current.ToArray();
            }

            yield break;
        }

        for (int i = 0; i < Page.Kind(page, slot); i++)
        {
            yield return Page.Slot(page, slot, out _).Slice(i * Page.LeafBytes, Page.LeafBytes).ToArray();
        }
    }

    private ReadOnlyMemory<byte>? Value(byte[]? leaf, Version version)
    {
        if (leaf is null)
        {
            return null;
        }

        ReadOnlyMemory<byte> value = world.Values.ReadLeaf(leaf).AsMemory(1);
        world.Versions.ThrowIfGone(version);
        return value;
    }

    private byte[] Load(int depth, Hash256 prefix, ulong number)
    {
        byte[] page = new byte[Page.MaxBytes];
        if (number == 0)
        {
            Page.WriteHeader(page);
            return page[..Page.HeaderBytes];
        }

        int length = world.Pages.Load(depth, prefix, number, page);
        world.Versions.ThrowIfGone(first);
        world.Versions.ThrowIfGone(second);
        return page[..length];
    }

    private static ulong ChildOf(byte[] page, int slot)
    {
        ReadOnlySpan<byte> content = Page.Slot(page, slot, out int kind);
        return kind == Page.Child ? Page.ChildNumber(content) : 0;
    }

    private static bool IsSame(byte[] old, byte[] fresh, int slot)
    {
        ReadOnlySpan<byte> left = Page.Slot(old, slot, out int leftKind);
        ReadOnlySpan<byte> right = Page.Slot(fresh, slot, out int rightKind);

        // Of children the hash decides, of leaves everything: equal values of other commits are found out in the merge.
        return leftKind == rightKind && (leftKind == Page.Child ? left[..Hash256.Size].SequenceEqual(right[..Hash256.Size]) : left.SequenceEqual(right));
    }
}
