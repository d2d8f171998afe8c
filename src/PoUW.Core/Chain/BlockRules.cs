using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// The checks of a block that come before its certificate and its execution. <see cref="CheckSize"/>, <see cref="CheckHeaderForm"/> and
/// <see cref="CheckBody"/> need the block alone, <see cref="CheckHeader"/> its ancestors, <see cref="CheckSeal"/> one signature.
/// </summary>
internal sealed class BlockRules(
    NetworkParameters parameters, IDifficultyRule difficulty, BlockHeader genesis, TimeProvider time, ChainStore store, ISignatureScheme scheme)
{
    private const int MedianBlocks = 11;

    private readonly NetworkRules _rules = new(parameters);

    internal ValidationResult CheckSize(Block block)
    {
        int size = block.EncodedLengthWithoutWitness;
        if (size > parameters.MaxBlockBytes)
        {
            return Fail(ValidationCode.TooLarge, nameof(Block), $"{size} bytes; the limit is {parameters.MaxBlockBytes}.");
        }

        return block.Certificate.PublicData.Length > Block.MaxPublicDataBytes || block.Certificate.Witness.Length > Block.MaxWitnessBytes
            ? Fail(ValidationCode.TooLarge, nameof(Block.Certificate), "The certificate is longer than the limits.")
            : ValidationResult.Ok;
    }

    /// <summary>The body is the one that the header names. The id does not fix the body before that, so a failure says nothing about the id.</summary>
    internal static ValidationResult CheckBody(Block block)
    {
        BlockHeader header = block.Header;
        return header.TransactionRoot == Block.TransactionRootOf(block.Transactions)
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongTransactionRoot, nameof(header.TransactionRoot), "The root is not that of the transactions.");
    }

    /// <summary>The part of a header's form that needs nothing but the header.</summary>
    internal ValidationResult CheckHeaderForm(BlockHeader header)
    {
        if (header.Version != BlockHeader.CurrentVersion)
        {
            return Fail(ValidationCode.WrongVersion, nameof(header.Version), $"Version {header.Version}; this is {BlockHeader.CurrentVersion}.");
        }

        if (header.ChainId != parameters.ChainId)
        {
            return Fail(ValidationCode.WrongChain, nameof(header.ChainId), $"Chain {header.ChainId}; this is {parameters.ChainId}.");
        }

        return header.Claim is null ? ValidationResult.Ok : CheckBoundForm(header);
    }

    /// <summary>Checks what depends on the ancestors.</summary>
    /// <param name="header">The header.</param>
    /// <param name="parent">Its parent.</param>
    /// <param name="pending">Finds ancestors that are not in the store; null if all are.</param>
    internal ValidationResult CheckHeader(BlockHeader header, BlockHeader parent, Func<Hash256, BlockHeader?>? pending)
    {
        if (header.Height != parent.Height + 1)
        {
            return Fail(ValidationCode.WrongHeight, nameof(header.Height), $"Height {header.Height}; the parent's is {parent.Height}.");
        }

        ulong median = MedianTime(parent, pending);
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
    internal ValidationResult CheckSeal(BlockHeader header, ProducerSeal seal) => seal.Verify(scheme, header)
        ? ValidationResult.Ok
        : Fail(ValidationCode.BadSignature, nameof(Block.Seal), "The seal is not the producer's signature of the header.");

    /// <summary>
    /// A bound ticket does not bind the block's content, so there must be nothing to choose in it but the time: no transactions, no nonce.
    /// Otherwise one ticket would make many blocks.
    /// </summary>
    private ValidationResult CheckBoundForm(BlockHeader header)
    {
        if (!_rules.RulesAt(header.Height).BoundTickets)
        {
            return Fail(ValidationCode.BadBinding, nameof(header.Claim), $"Tickets cannot be bound at height {header.Height} of this network.");
        }

        return header.Nonce == 0 && header.TransactionRoot == Block.TransactionRootOf([])
            ? ValidationResult.Ok
            : Fail(ValidationCode.BadBinding, nameof(header.Claim), "A bound block has no transactions, and its nonce is zero.");
    }

    /// <summary>The median of the timestamps of the last eleven blocks up to and including <paramref name="tip"/>.</summary>
    internal ulong MedianTime(BlockHeader tip, Func<Hash256, BlockHeader?>? pending = null)
    {
        List<ulong> times = [tip.TimestampMs];
        while (tip.Height > 0 && times.Count < MedianBlocks)
        {
            Hash256 parentId = tip.ParentHash;
            tip = store.GetEntry(parentId)?.Header ?? pending?.Invoke(parentId) ?? throw new ChainException($"The stored block {parentId} is missing.");
            times.Add(tip.TimestampMs);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static ValidationResult Fail(ValidationCode code, string field, string message) => ValidationResult.Fail(code, field, message);
}
