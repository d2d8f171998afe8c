using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// The checks of a block that come before its certificate and its execution. <see cref="CheckForm"/> needs the block alone,
/// <see cref="CheckHeader"/> its ancestors, <see cref="CheckSeal"/> one signature.
/// </summary>
internal sealed class BlockRules(
    NetworkParameters parameters, IDifficultyRule difficulty, BlockHeader genesis, TimeProvider time, ChainStore store, ISignatureScheme scheme)
{
    private const int MedianBlocks = 11;

    internal ValidationResult CheckForm(Block block)
    {
        int size = block.EncodeWithoutWitness().Length;
        if (size > parameters.MaxBlockBytes)
        {
            return Fail(ValidationCode.TooLarge, nameof(Block), $"{size} bytes; the limit is {parameters.MaxBlockBytes}.");
        }

        if (block.Certificate.PublicData.Length > Block.MaxPublicDataBytes || block.Certificate.Witness.Length > Block.MaxWitnessBytes)
        {
            return Fail(ValidationCode.TooLarge, nameof(Block.Certificate), "The certificate is longer than the limits.");
        }

        BlockHeader header = block.Header;
        if (header.Version != BlockHeader.CurrentVersion)
        {
            return Fail(ValidationCode.WrongVersion, nameof(header.Version), $"Version {header.Version}; this is {BlockHeader.CurrentVersion}.");
        }

        if (header.ChainId != parameters.ChainId)
        {
            return Fail(ValidationCode.WrongChain, nameof(header.ChainId), $"Chain {header.ChainId}; this is {parameters.ChainId}.");
        }

        return header.TransactionRoot == Block.TransactionRootOf(block.Transactions)
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongTransactionRoot, nameof(header.TransactionRoot), "The root is not that of the transactions.");
    }

    internal ValidationResult CheckHeader(BlockHeader header, BlockHeader parent)
    {
        if (header.Height != parent.Height + 1)
        {
            return Fail(ValidationCode.WrongHeight, nameof(header.Height), $"Height {header.Height}; the parent's is {parent.Height}.");
        }

        ulong median = MedianTime(parent);
        ulong ahead = header.Claim is null ? parameters.MaxFutureMilliseconds : WorkSchedule.LeadOf(parameters);
        ulong latest = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() + ahead;
        if (header.TimestampMs <= median || header.TimestampMs > latest)
        {
            return Fail(ValidationCode.BadTimestamp, nameof(header.TimestampMs), $"{header.TimestampMs} is outside ({median}, {latest}].");
        }

        uint bits = difficulty.NextBits(genesis, parent);
        return header.Bits == bits
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongBits, nameof(header.Bits), $"Bits {header.Bits:x8}; the rule gives {bits:x8}.");
    }

    /// <summary>Checks the producer's signature. The id does not cover the seal, so a failure says nothing about the id.</summary>
    internal ValidationResult CheckSeal(Block block)
    {
        return block.Seal.Verify(scheme, block.Header)
            ? ValidationResult.Ok
            : Fail(ValidationCode.BadSignature, nameof(Block.Seal), "The seal is not the producer's signature of the header.");
    }

    /// <summary>The median of the timestamps of the last eleven blocks up to and including <paramref name="tip"/>.</summary>
    internal ulong MedianTime(BlockHeader tip)
    {
        List<ulong> times = [tip.TimestampMs];
        while (tip.Height > 0 && times.Count < MedianBlocks)
        {
            Hash256 parentId = tip.ParentHash;
            tip = store.GetEntry(parentId)?.Header ?? throw new ChainException($"The stored block {parentId} is missing.");
            times.Add(tip.TimestampMs);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static ValidationResult Fail(ValidationCode code, string field, string message) => ValidationResult.Fail(code, field, message);
}
