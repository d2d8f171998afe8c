using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>
/// Computes a state's root anew from its values, past all memory, and compares each hash on the way with the stored one. Memory is bounded
/// by the depth. Used once.
/// </summary>
internal sealed class StateChecker
{
    private readonly WorldState _world;
    private readonly Version _version;
    private readonly CancellationToken _cancel;
    private readonly byte[]?[] _pages = new byte[]?[Hash256.Size * 2];
    private readonly HashForest _hashes = new();
    private readonly PageTree _tree;
    private long _pageCount;
    private long _valueCount;

    internal StateChecker(WorldState world, Version version, CancellationToken cancel)
    {
        (_world, _version, _cancel) = (world, version, cancel);
        _tree = new PageTree(_hashes);
    }

    internal StateCheck Run()
    {
        try
        {
            if (_version.Page != 0)
            {
                CheckPage(0, Hash256.Zero, _version.Page, _version.Root);
            }

            _world.Versions.ThrowIfGone(_version);
            return new StateCheck(_pageCount, _valueCount, "");
        }
        catch (Exception failure) when (failure is StateTreeException or StoreException { Failure: StoreFailure.Corrupt })
        {
            return new StateCheck(_pageCount, _valueCount, failure.Message);
        }
    }

    private void CheckPage(int depth, Hash256 prefix, ulong number, Hash256 expected)
    {
        _cancel.ThrowIfCancellationRequested();
        Require(_version.Contains(number), depth, prefix, $"is of commit {number}, which is not an ancestor");
        byte[] page = _pages[depth] ??= new byte[Page.MaxBytes];
        int length = _world.Pages.LoadStored(depth, prefix, number, page);
        int leaves = 0;
        bool hasChildren = false;
        for (int slot = 0; slot < Page.Slots; slot++)
        {
            ReadOnlySpan<byte> content = Page.Slot(page.AsSpan(0, length), slot, out int kind);
            if (kind == Page.Child)
            {
                hasChildren = true;
                CheckPage(depth + 1, Page.ChildPrefix(prefix, depth, slot), Page.ChildNumber(content), new Hash256(content[..Hash256.Size]));
                continue;
            }

            leaves += kind;
            CheckLeaves(content, depth, prefix);
        }

        Require(depth == 0 || hasChildren || leaves > Page.InlineLeaves, depth, prefix, "has too few leaves to be a page");
        _hashes.Clear();
        _tree.Load(page, 0, depth);
        int reference = _tree.Build(0, _tree.Count, depth * 4);
        _hashes.Run();
        Require(new Hash256(_hashes.Get(reference)) == expected, depth, prefix, $"does not have the hash {expected}");
        _pageCount++;
    }

    private void CheckLeaves(ReadOnlySpan<byte> leaves, int depth, Hash256 prefix)
    {
        for (; !leaves.IsEmpty; leaves = leaves[Page.LeafBytes..])
        {
            ulong number = Page.LeafNumber(leaves);
            Require(_version.Contains(number), depth, prefix, $"has a value of commit {number}, which is not an ancestor");
            _world.Values.ReadLeaf(leaves[..Page.LeafBytes]);
            _valueCount++;
        }
    }

    private void Require(bool condition, int depth, Hash256 prefix, string what)
    {
        if (!condition)
        {
            throw new StateTreeException($"The page of state {_version.Number} at '{prefix.ToString()[..depth]}' {what}.");
        }
    }
}
