using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>
/// Reads pages, with a bounded memory in front. A page under a place and a number never changes, so the memory is never stale.
/// Thread-safe.
/// </summary>
internal sealed class PageStore(IKeyValueStore store, long cacheBytes)
{
    private readonly ByteCache _cache = new(cacheBytes);

    /// <summary>Reads a page into a buffer of <see cref="Page.MaxBytes"/> bytes.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="StateTreeException">It is not there or damaged.</exception>
    internal int Load(int depth, Hash256 prefix, ulong number, Span<byte> destination)
    {
        Span<byte> buffer = stackalloc byte[StateKeys.MaxBytes];
        ReadOnlySpan<byte> key = StateKeys.Page(buffer, depth, prefix, number);
        int length = _cache.Get(key, default, destination);
        if (length < 0)
        {
            length = LoadStored(key, depth, prefix, number, destination);
            _cache.Put(key, default, destination[..length]);
        }

        return length;
    }

    /// <summary>As <see cref="Load"/>, from the store itself.</summary>
    internal int LoadStored(int depth, Hash256 prefix, ulong number, Span<byte> destination)
    {
        Span<byte> buffer = stackalloc byte[StateKeys.MaxBytes];
        return LoadStored(StateKeys.Page(buffer, depth, prefix, number), depth, prefix, number, destination);
    }

    /// <summary>Finds the leaf of a path.</summary>
    /// <param name="version">The state.</param>
    /// <param name="path">The path.</param>
    /// <param name="leaf">Receives the leaf of <see cref="Page.LeafBytes"/> bytes.</param>
    /// <returns>False if the state has nothing there.</returns>
    internal bool FindLeaf(Version version, Hash256 path, Span<byte> leaf)
    {
        Span<byte> page = stackalloc byte[Page.MaxBytes];
        ulong number = version.Page;
        for (int depth = 0; number != 0; depth++)
        {
            int length = Load(depth, path, number, page);
            ReadOnlySpan<byte> slot = Page.Slot(page[..length], path.Nibble(depth), out int kind);
            if (kind != Page.Child)
            {
                return Page.FindLeaf(slot, path, leaf);
            }

            number = Page.ChildNumber(slot);
        }

        return false;
    }

    /// <summary>Adds a new page to a batch and remembers it.</summary>
    internal void Put(WriteBatch batch, int depth, Hash256 prefix, ulong number, ReadOnlySpan<byte> page)
    {
        Span<byte> buffer = stackalloc byte[StateKeys.MaxBytes];
        ReadOnlySpan<byte> key = StateKeys.Page(buffer, depth, prefix, number);
        batch.Put(key, page);
        _cache.Put(key, default, page);
    }

    private int LoadStored(ReadOnlySpan<byte> key, int depth, Hash256 prefix, ulong number, Span<byte> destination)
    {
        byte[] stored = store.Get(key) ?? throw Broken("is not in the store", depth, prefix, number);
        if (stored.Length > Page.MaxBytes || !Page.IsWellFormed(stored, depth, prefix))
        {
            throw Broken("is damaged", depth, prefix, number);
        }

        stored.CopyTo(destination);
        return stored.Length;
    }

    private static StateTreeException Broken(string how, int depth, Hash256 prefix, ulong number) =>
        new($"The state page of commit {number} at '{prefix.ToString()[..depth]}' {how}.");
}
