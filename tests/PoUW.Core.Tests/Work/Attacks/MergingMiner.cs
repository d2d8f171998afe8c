namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The best shortcut known for zero operands: strips are taken in pairs and merged (<see cref="StripMerge"/>). It works modulo a prime, so
/// its factors are as wide as the prime, and one prime that fits int8 or int16 multipliers does not give the accumulators: several do,
/// each at the full price.
/// </summary>
internal sealed class MergingMiner
{
    private readonly PrimeField _field;
    private readonly MacCounter _counter;
    private readonly List<Pair> _pairs = [];

    /// <summary>Prepares a segment.</summary>
    /// <param name="product">A product of zero operands.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="common">Groups of common terms, from 1 to r - 1.</param>
    /// <param name="field">The prime.</param>
    /// <param name="random">Randomness of the merges.</param>
    /// <param name="counter">Does and counts the products.</param>
    public MergingMiner(NoisedProduct product, int segment, int common, PrimeField field, Random random, MacCounter counter)
    {
        (_field, _counter) = (field, counter);
        foreach (long[][][] strips in StripProducts.Of(product, segment).Chunk(2))
        {
            StripMerge merge = StripMerge.Find(field, strips[0], strips[1], common, random);
            _pairs.Add(new Pair(
                merge,
                new ModularFactor(product, merge.X, merge.Y, field, counter),
                new ModularFactor(product, merge.First.Left, merge.First.Right, field, counter),
                new ModularFactor(product, merge.Second.Left, merge.Second.Right, field, counter)));
        }
    }

    /// <summary>The ranks of the residuals of every pair.</summary>
    public IEnumerable<(int First, int Second)> ResidualRanks =>
        _pairs.Select(pair => (pair.Merge.First.Right.Length, pair.Merge.Second.Right.Length));

    /// <summary>Residues of the accumulators of a tile at every snapshot.</summary>
    public List<long[]> Residues(int tileRow, int tileColumn)
    {
        const int edge = NoisedProduct.Edge;
        List<long[]> snapshots = [];
        long[] sums = new long[edge * edge];
        foreach (Pair pair in _pairs)
        {
            long[] middle = new long[sums.Length];
            long[] end = new long[sums.Length];
            for (int i = 0; i < sums.Length; i++)
            {
                (long first, long both) = Increments(pair, (tileRow * edge) + (i / edge), (tileColumn * edge) + (i % edge));
                middle[i] = _field.Reduce(sums[i] + first);
                end[i] = _field.Reduce(sums[i] + both);
            }

            snapshots.AddRange([middle, end]);
            sums = end;
        }

        return snapshots;
    }

    /// <summary>Accumulators from residues modulo several primes (Chinese remainders), as the numbers of least magnitude.</summary>
    public static List<int[]> Combine(IReadOnlyList<MergingMiner> miners, int tileRow, int tileColumn)
    {
        long modulus = miners[0]._field.Prime;
        List<long[]> combined = miners[0].Residues(tileRow, tileColumn);
        foreach (MergingMiner miner in miners.Skip(1))
        {
            PrimeField field = miner._field;
            long old = modulus;
            long inverse = field.Inverse(old);
            long Lift(long x, long y) => x + (old * field.Reduce(field.Reduce(y - x) * inverse));
            combined = [.. combined.Zip(miner.Residues(tileRow, tileColumn), (x, y) => x.Zip(y, Lift).ToArray())];
            modulus *= field.Prime;
        }

        return [.. combined.Select(sums => Array.ConvertAll(sums, value => (int)(value > modulus / 2 ? value - modulus : value)))];
    }

    // The sums run on from residual to residual; only groups after the first need additions of their own, one for each snapshot.
    private (long First, long Both) Increments(Pair pair, int row, int column)
    {
        int size = pair.Merge.GroupSize;
        long residual = pair.First.Output(row, column, _counter);
        long first = residual + pair.Common.Output(row, column, ..size, _counter);
        long both = residual + pair.Second.Output(row, column, _counter);
        for (int group = 1; group < pair.Merge.Y.Length / size; group++)
        {
            long sum = pair.Common.Output(row, column, (group * size)..((group + 1) * size), _counter);
            first += sum;
            both += StripMerge.EndWeight(group) * _field.Reduce(sum);
            _counter.Add(2);
        }

        return (first, both);
    }

    private sealed record Pair(StripMerge Merge, ModularFactor Common, ModularFactor First, ModularFactor Second);
}
