using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.State.Tree;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Reads a whole state and compares every page and value with the hash that leads to it.</summary>
internal sealed class StateAudit(IKeyValueReader reader, FindingList findings)
{
    private readonly WorldState _world = new(new ReadOnlyStore(reader));

    /// <summary>Checks a state; what is wrong with it becomes one finding.</summary>
    /// <returns>How many records were right.</returns>
    internal ulong Check(StateVersion version, ulong height, CancellationToken cancellation)
    {
        ulong records = 0;
        findings.Try(IntegrityArea.State, height, () => Walk(version, ref records, cancellation), out _);
        return records;
    }

    private bool Walk(StateVersion name, ref ulong records, CancellationToken cancellation)
    {
        State.Tree.Version version = _world.Versions.Find(name);
        if (version.Number != 0)
        {
            records += Walk(version.Page, 0, new byte[Hash256.Size], name.Root, cancellation);
        }

        return true;
    }

    private ulong Walk(ulong number, int depth, byte[] path, Hash256 expected, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (number == 0)
        {
            return expected.IsZero ? 0UL : throw new StateTreeException($"The state has no page, but the root {expected}.");
        }

        byte[] page = new byte[Page.MaxBytes];
        page = page[.._world.Pages.LoadStored(depth, new Hash256(path), number, page)];
        HashForest hashes = new();
        PageTree tree = new(hashes);
        tree.Load(page, depth);
        int root = tree.Build(0, tree.Count, depth * 4);
        hashes.Run();
        if (new Hash256(hashes.Get(root)) != expected)
        {
            throw new StateTreeException($"A state page of commit {number} does not hash to {expected}.");
        }

        ulong records = 0;
        for (int slot = 0; slot < Page.Slots; slot++)
        {
            ReadOnlySpan<byte> content = Page.Slot(page, slot, out int kind);
            if (kind == Page.Child)
            {
                byte[] below = [.. path];
                below[depth / 2] |= (byte)(depth % 2 == 0 ? slot << 4 : slot);
                records += Walk(Page.ChildNumber(content), depth + 1, below, new Hash256(content[..Hash256.Size]), cancellation);
                continue;
            }

            for (; !content.IsEmpty; content = content[Page.LeafBytes..])
            {
                _world.Values.ReadLeaf(content[..Page.LeafBytes]);
                records++;
            }
        }

        return records;
    }
}
