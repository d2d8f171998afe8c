using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Chunks;

/// <summary>
/// Moves blobs that are longer than a chunk: the manifest is itself a chunk, whose hash is the blob's address. Members may be called
/// from any thread. A blob lives in memory as a whole while it is put or fetched.
/// </summary>
public sealed class BlobTransfer
{
    private readonly ChunkExchange _chunks;

    /// <summary>Works over an exchange.</summary>
    public BlobTransfer(ChunkExchange chunks)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        _chunks = chunks;
    }

    /// <summary>Stores all chunks and the manifest, so that peers can fetch the blob.</summary>
    /// <param name="blob">The content.</param>
    /// <param name="chunkBytes">The chunk length; null for the longest.</param>
    /// <returns>The blob's address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The chunk length is not allowed, or the manifest does not fit into a chunk.</exception>
    public ValueTask<Hash256> PutAsync(ReadOnlyMemory<byte> blob, int? chunkBytes = null)
    {
        int length = chunkBytes ?? _chunks.Options.MaxChunkBytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _chunks.Options.MaxChunkBytes, nameof(chunkBytes));
        BlobManifest manifest = BlobManifest.Describe(blob.Span, length);
        for (int i = 0; i < manifest.Chunks.Count; i++)
        {
            _chunks.Put(blob.Slice(i * length, manifest.LengthOf(i)));
        }

        return ValueTask.FromResult(_chunks.Put(manifest.Encode()));
    }

    /// <summary>True if the manifest and every chunk of a blob are in the local store, so that peers can fetch it from here.</summary>
    public bool IsLocal(Hash256 address) => LocalManifest(address) is { } manifest && manifest.Chunks.All(chunk => _chunks.Find(chunk).HasValue);

    /// <summary>Forgets a blob's chunks and manifest, as far as they are in the local store.</summary>
    public void Delete(Hash256 address) => Delete([address], []);

    /// <summary>
    /// Forgets the chunks and manifests of some blobs, as far as they are in the local store, except for those that other blobs share.
    /// </summary>
    /// <param name="addresses">The blobs to forget.</param>
    /// <param name="keep">The blobs of which nothing may be lost. They need not be here.</param>
    public void Delete(IEnumerable<Hash256> addresses, IEnumerable<Hash256> keep)
    {
        HashSet<Hash256> needed = [.. keep.SelectMany(PartsOf)];
        foreach (Hash256 part in addresses.SelectMany(PartsOf).Where(part => !needed.Contains(part)).ToArray())
        {
            _chunks.Delete(part);
        }
    }

    /// <summary>Fetches a blob by its address, several chunks at a time.</summary>
    /// <param name="address">The hash of the manifest.</param>
    /// <param name="preferredPeers">Peers to ask first.</param>
    /// <param name="cancellation">Ends the wait; chunks that arrived stay in the store.</param>
    /// <param name="maxBytes">The largest blob that the caller can use; the node's own limit holds beside it.</param>
    public async ValueTask<FetchResult> FetchAsync(
        Hash256 address, IReadOnlyList<PeerId>? preferredPeers = null, CancellationToken cancellation = default, long maxBytes = long.MaxValue)
    {
        FetchResult described = await _chunks.FetchAsync(address, preferredPeers, cancellation);
        if (!described.IsOk)
        {
            return described;
        }

        ValidationResult decoded = BlobManifest.TryDecode(
            described.Bytes.Span, _chunks.Options.MaxChunkBytes, Math.Min(maxBytes, _chunks.Options.MaxBlobBytes), out BlobManifest? manifest);
        if (manifest is null)
        {
            return FetchResult.Fail(decoded.Code == ValidationCode.TooLarge ? FetchStatus.TooLarge : FetchStatus.Malformed);
        }

        return await AssembleAsync(manifest, preferredPeers, cancellation);
    }

    private IEnumerable<Hash256> PartsOf(Hash256 address) => [address, .. LocalManifest(address)?.Chunks ?? []];

    private BlobManifest? LocalManifest(Hash256 address)
    {
        if (_chunks.Find(address) is not { } described)
        {
            return null;
        }

        // A chunk that is no manifest gives none, which is the answer.
        BlobManifest.TryDecode(described.Span, _chunks.Options.MaxChunkBytes, _chunks.Options.MaxBlobBytes, out BlobManifest? manifest);
        return manifest;
    }

    /// <summary>Memory is taken as verified chunks arrive, twice as much each time: a manifest alone, whatever it says, takes none.</summary>
    private async ValueTask<FetchResult> AssembleAsync(BlobManifest manifest, IReadOnlyList<PeerId>? preferredPeers, CancellationToken cancellation)
    {
        byte[] blob = [];
        Queue<Task<FetchResult>> window = new();
        int started = 0;
        int filled = 0;
        for (int i = 0; i < manifest.Chunks.Count; i++)
        {
            while (started < manifest.Chunks.Count && window.Count < _chunks.Options.BlobWindow)
            {
                window.Enqueue(_chunks.FetchAsync(manifest.Chunks[started++], preferredPeers, cancellation).AsTask());
            }

            FetchResult chunk = await window.Dequeue();
            if (!chunk.IsOk)
            {
                return chunk;
            }

            if (chunk.Bytes.Length != manifest.LengthOf(i))
            {
                return FetchResult.Fail(FetchStatus.Malformed);
            }

            if (filled + chunk.Bytes.Length > blob.Length)
            {
                blob = Grow(blob, filled, Math.Min(manifest.TotalBytes, 2L * (filled + chunk.Bytes.Length)));
            }

            chunk.Bytes.CopyTo(blob.AsMemory(filled));
            filled += chunk.Bytes.Length;
        }

        return new FetchResult(FetchStatus.Ok, blob);
    }

    private static byte[] Grow(byte[] blob, int filled, long length)
    {
        byte[] grown = GC.AllocateUninitializedArray<byte>((int)length);
        blob.AsSpan(0, filled).CopyTo(grown);
        return grown;
    }
}
