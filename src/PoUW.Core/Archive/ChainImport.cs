using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>Takes blocks from segment files into a chain. The file is not trusted: every block is validated as if a peer had sent it.</summary>
public static class ChainImport
{
    /// <summary>
    /// Imports a segment. Blocks that the chain knows are skipped, so an import that was interrupted can be repeated. A damaged segment gives
    /// what stands before the damage. May be called from any thread, while other blocks are imported.
    /// </summary>
    /// <param name="stream">The segment from its start; not disposed.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="progress">Hears of each height that was imported or skipped.</param>
    /// <param name="cancellation">Stops between two blocks; what was imported stays.</param>
    /// <returns>
    /// <see cref="ValidationCode.WrongChain"/> for a segment of another network and <see cref="ValidationCode.UnknownParent"/> for one that
    /// does not attach to the chain, both before any block is read; the codes of <see cref="ChainSegmentReader"/> for a damaged one; those of
    /// <see cref="BlockChain.Import"/> for an invalid block, such as <see cref="ValidationCode.MissingWitness"/> for a pruned one without
    /// <see cref="BlockChainOptions.TrustedCheckpoint"/>.
    /// </returns>
    /// <exception cref="Storage.StoreException">The store failed; what was imported stays.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ChainImportResult ReadFrom(
        Stream stream, BlockChain chain, IProgress<ulong>? progress = null, CancellationToken cancellation = default)
    {
        ValidationResult opened = ChainSegmentReader.Open(stream, chain.Parameters.MaxBlockBytes, out ChainSegmentReader? reader);
        if (!opened.IsValid)
        {
            return new ChainImportResult(opened, 0, 0, null);
        }

        using (reader)
        {
            ValidationResult fits = CheckFit(reader!.Header, chain);
            return fits.IsValid ? Read(reader, chain, progress, cancellation) : new ChainImportResult(fits, 0, 0, null);
        }
    }

    private static ValidationResult CheckFit(ChainSegmentHeader header, BlockChain chain)
    {
        if (header.ChainId != chain.Parameters.ChainId || header.GenesisId != chain.Genesis.Id)
        {
            return ValidationResult.Fail(
                ValidationCode.WrongChain,
                nameof(ChainSegmentHeader.GenesisId),
                $"The segment is of chain {header.ChainId} with genesis {header.GenesisId}; this is {chain.Parameters.ChainId} with {chain.Genesis.Id}.");
        }

        return chain.GetHeader(header.FirstParentId) is { } parent && parent.Height + 1 == header.FirstHeight
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.UnknownParent,
                nameof(ChainSegmentHeader.FirstParentId),
                $"The segment starts at height {header.FirstHeight} on {header.FirstParentId}, which is not known here; import what is below it first.");
    }

    private static ChainImportResult Read(
        ChainSegmentReader reader, BlockChain chain, IProgress<ulong>? progress, CancellationToken cancellation)
    {
        ulong imported = 0;
        ulong skipped = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            ulong height = reader.NextHeight;
            ValidationResult result = reader.TryRead(out Block? block);
            if (block is null)
            {
                return new ChainImportResult(result, imported, skipped, result.IsValid || height > reader.Header.LastHeight ? null : height);
            }

            result = chain.Import(block);
            if (!result.IsValid && result.Code != ValidationCode.AlreadyKnown)
            {
                return new ChainImportResult(result, imported, skipped, height);
            }

            (imported, skipped) = result.IsValid ? (imported + 1, skipped) : (imported, skipped + 1);
            progress?.Report(height);
        }
    }
}
