namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The best shortcut known for zero operands: strips are taken in pairs and merged (<see cref="StripMerge"/>). It works modulo a prime of
/// 16 bits or more, so its factors do not fit the int8 multipliers that the honest miner uses, and one residue does not give the
/// accumulators (below 2^24 in magnitude): two primes do.
/// </summary>
internal sealed class MergingMiner
{
    private readonly PrimeField _field;
    private readonly MacCounter _counter;
    private readonly List<Pair> _pairs = [];

    /// <summary>Prepares a segment.</summary>
    /// <param name="product">A product of zero operands.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="common">Groups of common terms, 1 to 3.</param>
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
                (long first, long second) = Increments(pair, (tileRow * edge) + (i / edge), (tileColumn * edge) + (i % edge));
                middle[i] = _field.Reduce(sums[i] + first);
                end[i] = _field.Reduce(middle[i] + second);
            }

            snapshots.AddRange([middle, end]);
            sums = end;
        }

        return snapshots;
    }

    /// <summary>Accumulators from residues modulo two primes whose product exceeds 2^25 (Chinese remainders).</summary>
    public static List<int[]> Combine(MergingMiner one, MergingMiner other, int tileRow, int tileColumn)
    {
        long p = one._field.Prime;
        long inverse = other._field.Inverse(p);
        long both = p * other._field.Prime;
        int Lift(long x, long y)
        {
            long value = x + (p * other._field.Reduce((y - x) % other._field.Prime * inverse));
            return (int)(value > both / 2 ? value - both : value);
        }

        return [.. one.Residues(tileRow, tileColumn).Zip(other.Residues(tileRow, tileColumn), (x, y) => x.Zip(y, Lift).ToArray())];
    }

    private (long First, long Second) Increments(Pair pair, int row, int column)
    {
        long first = pair.First.Output(row, column, _counter);
        long second = pair.Second.Output(row, column, _counter);
        for (int start = 0, group = 0; start < pair.Merge.Y.Length; start += pair.Merge.GroupSize, group++)
        {
            long sum = pair.Common.Output(row, column, start..(start + pair.Merge.GroupSize), _counter);
            first += sum;
            second += StripMerge.Weights[group] * sum;
            _counter.Add(2);
        }

        return (first, second);
    }

    private sealed record Pair(StripMerge Merge, ModularFactor Common, ModularFactor First, ModularFactor Second);
}
