using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>
/// Fills an empty store with what can be trusted of a damaged one: its blocks from genesis up to the first gap, validated and executed again,
/// then segment files, then every pair that does not belong to the chain. What is above comes from peers by the usual sync.
/// </summary>
public static class ChainRebuild
{
    /// <summary>Rebuilds.</summary>
    /// <param name="damaged">The damaged store, which nobody writes to; null if it cannot be opened at all.</param>
    /// <param name="target">The chain to build; its store must be empty. Its trusted checkpoint counts as well.</param>
    /// <param name="options">What to take over.</param>
    /// <param name="progress">Hears of each height.</param>
    /// <param name="cancellation">Stops it; the new store is of no use then.</param>
    /// <exception cref="StoreException">The new store cannot be written.</exception>
    /// <exception cref="ChainException">The new store is not empty, or holds another network's chain.</exception>
    /// <exception cref="IOException">A segment file cannot be read.</exception>
    public static RebuildReport Run(
        IKeyValueReader? damaged, BlockChainOptions target, RebuildOptions options, IProgress<ulong>? progress = null,
        CancellationToken cancellation = default)
    {
        if (target.Store.Scan([], [], 1).Count > 0)
        {
            throw new ChainException("The store to rebuild into is not empty.");
        }

        Hash256 genesisId = GenesisOf(target);
        ChainSalvage? salvage = damaged is null ? null : new ChainSalvage(damaged, target.Parameters.MaxBlockBytes, genesisId);
        Checkpoint? trusted = salvage is null ? null : TrustedBy(salvage, cancellation);
        BlockChain chain = new(target with { TrustedCheckpoint = Higher(target.TrustedCheckpoint, trusted) });
        (ulong salvaged, string stop) = salvage is null
            ? (0UL, "The damaged store cannot be opened.")
            : Import(salvage, chain, progress, cancellation);
        List<ChainImportResult> segments = [];
        foreach (string path in options.Segments)
        {
            using FileStream file = File.OpenRead(path);
            segments.Add(ChainImport.ReadFrom(file, chain, progress, cancellation));
        }

        (ulong copied, IReadOnlyList<string> lost) = CopyPairs(damaged, target.Store, options, cancellation);
        RebuildReport report = new(
            chain.Head.Height, chain.Head.Id, salvaged, stop, trusted, salvage?.Finalized, salvage?.HeadHeight, segments, copied, lost);
        WriteMarks(damaged, target.Store, options.Marks?.Invoke(report) ?? []);
        return report;
    }

    private static ReadOnlySpan<byte> NotedKey => "chain/noted"u8;

    /// <summary>The id of the genesis block that parameters and modules make; it does not look at the store.</summary>
    public static Hash256 GenesisOf(BlockChainOptions options)
    {
        using InMemoryKeyValueStore empty = new();
        return new BlockChain(options with { Store = empty, TrustedCheckpoint = null }).Genesis.Id;
    }

    /// <summary>
    /// Witnesses of finalized blocks are pruned, so their work cannot be proven again. This node has verified it once, and headers lead to
    /// those blocks from a checkpoint that was final; without that they are not taken.
    /// </summary>
    private static Checkpoint? TrustedBy(ChainSalvage salvage, CancellationToken cancellation)
    {
        Checkpoint pruned = salvage.HighestWithoutWitness(cancellation);
        return pruned.Height > 0 && salvage.IsBelowFinality(pruned, cancellation) ? pruned : null;
    }

    private static Checkpoint? Higher(Checkpoint? left, Checkpoint? right) =>
        right is not { } trusted || (left is { } configured && configured.Height >= trusted.Height) ? left : right;

    private static (ulong Salvaged, string Stop) Import(
        ChainSalvage salvage, BlockChain chain, IProgress<ulong>? progress, CancellationToken cancellation)
    {
        ulong salvaged = 0;
        Hash256 parent = chain.Genesis.Id;
        string reason;
        for (ulong height = 1; salvage.BlockOn(height, parent, out reason) is { } block; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            ValidationResult result = chain.Import(block);
            if (!result.IsValid)
            {
                return (salvaged, $"The block at height {height} is not valid: {result}");
            }

            parent = block.Id;
            salvaged++;
            progress?.Report(height);
        }

        return (salvaged, reason);
    }

    private static (ulong Copied, IReadOnlyList<string> Lost) CopyPairs(
        IKeyValueReader? damaged, IKeyValueStore target, RebuildOptions options, CancellationToken cancellation)
    {
        ulong copied = 0;
        IReadOnlyList<string> lost = ["all keys"];
        if (damaged is not null)
        {
            PairSalvage pairs = new(damaged, target);
            pairs.Copy(options.RebuiltPrefixes, options.KnownPrefixes, cancellation);
            (copied, lost) = (pairs.Copied, pairs.Lost);
        }

        return (copied, lost);
    }

    private static void WriteMarks(IKeyValueReader? damaged, IKeyValueStore target, IReadOnlyList<KeyValuePair<byte[], byte[]>> pairs)
    {
        WriteBatch marks = new();
        if (ReadLastNumber(damaged) is { } number)
        {
            // Hosts keep the numbers of the steps that they have seen; a log that began at 1 again would look old to them.
            marks.Put(NotedKey, number);
        }

        foreach ((byte[] key, byte[] value) in pairs)
        {
            marks.Put(key, value);
        }

        target.Apply(marks);
    }

    /// <summary>The number of the last step in the log of notifications; null if there is none or it cannot be read.</summary>
    private static byte[]? ReadLastNumber(IKeyValueReader? damaged)
    {
        try
        {
            return damaged?.Get(NotedKey) is { Length: 8 } number ? number : null;
        }
        catch (StoreException)
        {
            // Subscribers start anew then, which they are told.
            return null;
        }
    }
}
