using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>Fills a block on a parent. The caller holds the chain's lock, because modules run on one thread at a time.</summary>
internal sealed class BlockTemplateBuilder(BlockExecutor executor, int maxBlockBytes)
{
    // Room for the header, the public data, the seal and the list headers.
    private const int ReservedBytes = BlockHeader.MaxEncodedBytes + Block.MaxPublicDataBytes + ProducerSeal.MaxEncodedBytes + 64;

    /// <summary>The most bytes of transactions that a block of a network has room for.</summary>
    internal static int RoomOf(int maxBlockBytes) => maxBlockBytes - ReservedBytes;

    /// <summary>Executes the candidates in order on the parent and leaves out those that do not apply or do not fit.</summary>
    internal BlockTemplate Build(ChainPosition parent, uint bits, ulong timestampMs, Address producer, IEnumerable<Transaction> candidates, BoundClaim? claim)
    {
        BlockExecution execution = new(executor, parent, bits, timestampMs, producer);
        List<Transaction> included = [];
        int room = RoomOf(maxBlockBytes);
        foreach (Transaction candidate in candidates)
        {
            if (candidate.EncodedLength <= room && execution.TryApply(candidate).IsValid)
            {
                included.Add(candidate);
                room -= candidate.EncodedLength;
            }
        }

        // The state is written when the finished block is imported.
        StateUpdate update = execution.Finish();
        BlockHeader header = new()
        {
            ChainId = parent.Header.ChainId,
            Height = parent.Header.Height + 1,
            ParentHash = parent.Id,
            TimestampMs = timestampMs,
            Bits = bits,
            Producer = producer,
            Claim = claim,
            TransactionRoot = Block.TransactionRootOf(included),
            StateRoot = update.Root,
            ReceiptsRoot = execution.ReceiptsRoot,
        };
        execution.End();
        return new BlockTemplate(header, included);
    }
}
