using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Network.Chunks;

/// <summary>
/// Describes a blob as chunks: the list [version, total bytes, chunk bytes, [chunk hashes]]. Every chunk but the last has exactly the
/// chunk length. The SHA-256 of the canonical bytes is the blob's address. Immutable.
/// </summary>
public sealed class BlobManifest
{
    private const ulong Version = 1;

    private BlobManifest(long totalBytes, int chunkBytes, Hash256[] chunks)
    {
        TotalBytes = totalBytes;
        ChunkBytes = chunkBytes;
        Chunks = Array.AsReadOnly(chunks);
    }

    /// <summary>Length of the blob.</summary>
    public long TotalBytes { get; }

    /// <summary>Length of every chunk but the last.</summary>
    public int ChunkBytes { get; }

    /// <summary>The chunks' hashes in order; none for an empty blob.</summary>
    public IReadOnlyList<Hash256> Chunks { get; }

    /// <summary>The blob's address.</summary>
    public Hash256 Address => Hash256.Sha256(Encode());

    /// <summary>Describes a blob.</summary>
    /// <param name="blob">The content.</param>
    /// <param name="chunkBytes">The chunk length, at least 1.</param>
    public static BlobManifest Describe(ReadOnlySpan<byte> blob, int chunkBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkBytes);
        Hash256[] chunks = new Hash256[CountChunks(blob.Length, chunkBytes)];
        for (int i = 0; i < chunks.Length; i++)
        {
            ReadOnlySpan<byte> rest = blob[(i * chunkBytes)..];
            chunks[i] = Hash256.Sha256(rest[..Math.Min(chunkBytes, rest.Length)]);
        }

        return new BlobManifest(blob.Length, chunkBytes, chunks);
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="bytes">The whole encoding.</param>
    /// <param name="maxChunkBytes">The longest chunk that is taken.</param>
    /// <param name="maxTotalBytes">The longest blob that is taken.</param>
    /// <param name="manifest">The manifest, or null unless the result is valid.</param>
    /// <returns>Malformed, WrongVersion, OutOfRange (chunk length) or TooLarge (blob).</returns>
    public static ValidationResult TryDecode(
        ReadOnlySpan<byte> bytes, int maxChunkBytes, long maxTotalBytes, out BlobManifest? manifest)
    {
        manifest = null;
        RlpReader outer = new(bytes);
        RlpReader fields = outer.ReadList();
        ulong version = fields.ReadUInt64();
        ulong total = fields.ReadUInt64();
        ulong chunkLength = fields.ReadUInt64();
        RlpReader hashes = fields.ReadList();
        if (fields.Failed || !fields.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Manifest", "Not the canonical encoding of a manifest.");
        }

        ValidationResult result = CheckNumbers(version, total, chunkLength, maxChunkBytes, maxTotalBytes);
        return result.IsValid ? TryReadChunks(ref hashes, (long)total, (int)chunkLength, out manifest) : result;
    }

    /// <summary>The canonical bytes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write(Version).Write((ulong)TotalBytes).Write((ulong)ChunkBytes).BeginList();
        foreach (Hash256 chunk in Chunks)
        {
            writer.Write(chunk);
        }

        return writer.EndList().EndList().Finish();
    }

    /// <summary>The length of one chunk.</summary>
    public int LengthOf(int index) => (int)Math.Min(ChunkBytes, TotalBytes - ((long)index * ChunkBytes));

    private static ValidationResult CheckNumbers(ulong version, ulong total, ulong chunkLength, int maxChunkBytes, long maxTotalBytes)
    {
        if (version != Version)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Version), $"Version {version}, only {Version} is known.");
        }

        if (chunkLength < 1 || chunkLength > (ulong)maxChunkBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(ChunkBytes), $"{chunkLength} bytes, allowed are 1 to {maxChunkBytes}.");
        }

        return total > (ulong)maxTotalBytes
            ? ValidationResult.Fail(ValidationCode.TooLarge, nameof(TotalBytes), $"{total} bytes, the limit is {maxTotalBytes}.")
            : ValidationResult.Ok;
    }

    private static ValidationResult TryReadChunks(ref RlpReader hashes, long total, int chunkBytes, out BlobManifest? manifest)
    {
        manifest = null;
        List<Hash256> chunks = [];
        while (!hashes.AtEnd)
        {
            chunks.Add(hashes.ReadHash());
        }

        if (!hashes.TryFinish() || chunks.Count != CountChunks(total, chunkBytes))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Chunks), $"{chunks.Count} chunks for {total} bytes.");
        }

        manifest = new BlobManifest(total, chunkBytes, [.. chunks]);
        return ValidationResult.Ok;
    }

    private static long CountChunks(long total, int chunkBytes) => (total / chunkBytes) + (total % chunkBytes == 0 ? 0 : 1);
}
