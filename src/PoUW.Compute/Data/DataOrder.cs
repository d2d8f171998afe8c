using PoUW.Core.Primitives;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Data;

/// <summary>
/// The order in which training takes samples: epoch e is the permutation of the machine's operation keyed_permutation with tweak e, and
/// step t the batch t mod <see cref="StepsPerEpoch"/> of epoch t div <see cref="StepsPerEpoch"/>; samples that fill no batch are left out
/// of that epoch. Any index costs at most 90 hashes, however large the set is and whatever was asked before. Not thread-safe: hashes of
/// the last epoch are kept.
/// </summary>
public sealed class DataOrder
{
    /// <summary>Rounds of the swap-or-not network; as compiled programs have them.</summary>
    public const int Rounds = 90;

    private readonly Hash256 _key;
    private SwapOrNotShuffle? _shuffle;
    private long _epoch = -1;

    /// <summary>Creates the order of a key.</summary>
    /// <param name="key">What programs read from "order.key"; a job's id on the network.</param>
    /// <param name="count">Samples.</param>
    /// <param name="batchSize">1 to <paramref name="count"/>.</param>
    public DataOrder(Hash256 key, int count, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batchSize, count);
        (_key, Count, BatchSize) = (key, count, batchSize);
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; }

    /// <summary>Whole batches of an epoch.</summary>
    public int StepsPerEpoch => Count / BatchSize;

    /// <summary>The sample at a position of an epoch.</summary>
    /// <param name="epoch">0 or more.</param>
    /// <param name="position">0 to <see cref="Count"/> - 1.</param>
    public int IndexAt(long epoch, int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Count);
        if (_shuffle is null || _epoch != epoch)
        {
            _shuffle = new SwapOrNotShuffle(_key.ToArray(), epoch, Count, Rounds);
            _epoch = epoch;
        }

        return _shuffle.Permute(position);
    }

    /// <summary>The samples of a step.</summary>
    /// <param name="step">0 or more.</param>
    public int[] Batch(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        (long epoch, long batch) = Math.DivRem(step, StepsPerEpoch);
        int[] indices = new int[BatchSize];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = IndexAt(epoch, ((int)batch * BatchSize) + i);
        }

        return indices;
    }
}
