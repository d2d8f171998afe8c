using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The flat values beside the tree, each under its path and the number of the commit that set it. In front is a bounded memory; what is not
/// in it is found through the leaf in the tree, whose number and hash make sure that it is the right value. Thread-safe.
/// <para>
/// Why the memory is never stale: an entry says that a path had a value at some commit, and holds only while no later commit changed
/// the path, because every commit puts its changes in. So it answers for that commit and those that stand on it, and for no other. A read
/// adds what it found only if it read the newest commit and no other was made meanwhile.
/// </para>
/// </summary>
internal sealed class ValueStore(IKeyValueStore store, VersionTable versions, PageStore pages, long cacheBytes)
{
    /// <summary>The first byte of a stored value.</summary>
    internal const byte Present = 1;

    /// <summary>The only byte of a stored removal.</summary>
    internal const byte Removed = 0;

    private const int HeadBytes = 9;

    private readonly ByteCache _cache = new(cacheBytes);

    /// <summary>Reads the value of a path.</summary>
    /// <param name="version">The state.</param>
    /// <param name="path">The path.</param>
    /// <param name="room">Receives the value if it fits.</param>
    /// <param name="value">The value in an array of its own if it does not fit; null if it does.</param>
    /// <returns>The value's length, or -1 if the state has none.</returns>
    /// <exception cref="StateTreeException">The version was pruned, or a page or the value is missing or damaged.</exception>
    internal int Read(Version version, Hash256 path, Span<byte> room, out byte[]? value)
    {
        value = null;
        if (version.Number == 0)
        {
            return -1;
        }

        Span<byte> key = stackalloc byte[Hash256.Size];
        Span<byte> head = stackalloc byte[HeadBytes];
        path.CopyTo(key);
        int length = _cache.Get(key, head, room);
        if (length > room.Length)
        {
            value = new byte[length];
            int again = _cache.Get(key, head, value);
            length = again == length ? length : -1;
        }

        if (length < 0 || !version.Contains(BinaryPrimitives.ReadUInt64BigEndian(head)))
        {
            return ReadStored(version, path, room, out value);
        }

        versions.ThrowIfGone(version);
        return head[8] == Present ? length : -1;
    }

    /// <summary>The value of a path in an array of its own, or null.</summary>
    internal byte[]? Read(Version version, Hash256 path)
    {
        Span<byte> room = stackalloc byte[256];
        int length = Read(version, path, room, out byte[]? value);
        return length < 0 ? null : value ?? room[..length].ToArray();
    }

    /// <summary>The value of a leaf, from the store.</summary>
    /// <exception cref="StateTreeException">It is missing, or does not have the hash of the leaf.</exception>
    internal byte[] ReadLeaf(ReadOnlySpan<byte> leaf) => ReadLeaf(leaf, out _);

    /// <summary>The value of a leaf, from the store, and its SHA-256.</summary>
    /// <exception cref="StateTreeException">It is missing, or does not have the hash of the leaf.</exception>
    internal byte[] ReadLeaf(ReadOnlySpan<byte> leaf, out Hash256 valueHash)
    {
        Span<byte> buffer = stackalloc byte[StateKeys.MaxBytes];
        Hash256 path = Page.LeafPath(leaf);
        ulong number = Page.LeafNumber(leaf);
        byte[] stored = store.Get(StateKeys.Value(buffer, path, number))
            ?? throw new StateTreeException($"The value of commit {number} at {path} is not in the store.");
        valueHash = Hash256.Sha256(stored.AsSpan(Math.Min(1, stored.Length)));
        if (stored is not [Present, ..] || TreeHash.Leaf(path, valueHash) != new Hash256(Page.LeafHash(leaf)))
        {
            throw new StateTreeException($"The stored value of commit {number} at {path} is damaged.");
        }

        return stored;
    }

    /// <summary>SHA-256 of the value of a leaf of a version; the caller asks afterwards whether the version is still there.</summary>
    /// <exception cref="StateTreeException">The value is missing or damaged.</exception>
    internal Hash256 HashOf(Version version, ReadOnlySpan<byte> leaf)
    {
        Span<byte> key = stackalloc byte[Hash256.Size];
        Span<byte> head = stackalloc byte[HeadBytes];
        Span<byte> room = stackalloc byte[256];
        leaf[..Hash256.Size].CopyTo(key);
        int length = _cache.Get(key, head, room);
        if (length >= 0 && length <= room.Length && head[8] == Present && version.Contains(BinaryPrimitives.ReadUInt64BigEndian(head)))
        {
            return Hash256.Sha256(room[..length]);
        }

        byte[] stored = ReadLeaf(leaf, out Hash256 hash);
        versions.ThrowIfGone(version);
        Remember(version, Page.LeafPath(leaf), present: true, stored.AsSpan(1));
        return hash;
    }

    /// <summary>Adds the entry of a new commit to a batch and remembers it; the entry is a tag and the value.</summary>
    internal void Put(WriteBatch batch, Hash256 path, ulong number, ReadOnlySpan<byte> entry)
    {
        Span<byte> buffer = stackalloc byte[StateKeys.MaxBytes];
        batch.Put(StateKeys.Value(buffer, path, number), entry);
        Span<byte> key = stackalloc byte[Hash256.Size];
        Span<byte> head = stackalloc byte[HeadBytes];
        path.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(head, number);
        head[8] = entry[0];
        _cache.Put(key, head, entry[1..]);
    }

    /// <summary>Forgets everything that is only in memory.</summary>
    internal void Forget() => _cache.Clear();

    private int ReadStored(Version version, Hash256 path, Span<byte> room, out byte[]? value)
    {
        value = null;
        Span<byte> leaf = stackalloc byte[Page.LeafBytes];
        bool present = pages.FindLeaf(version, path, leaf);
        ReadOnlySpan<byte> content = present ? ReadLeaf(leaf).AsSpan(1) : [];
        versions.ThrowIfGone(version);
        Remember(version, path, present, content);
        if (!present)
        {
            return -1;
        }

        if (content.Length <= room.Length)
        {
            content.CopyTo(room);
        }
        else
        {
            value = content.ToArray();
        }

        return content.Length;
    }

    private void Remember(Version version, Hash256 path, bool present, ReadOnlySpan<byte> content)
    {
        Span<byte> key = stackalloc byte[Hash256.Size];
        Span<byte> head = stackalloc byte[HeadBytes];
        path.CopyTo(key);
        BinaryPrimitives.WriteUInt64BigEndian(head, version.Number);
        head[8] = present ? Present : Removed;
        _cache.PutIf(ref versions.Last, version.Number, key, head, content);
    }
}
