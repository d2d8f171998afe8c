namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The shortcut for zero operands when strips are short of rank: snapshot s is an earlier snapshot b (or nothing) plus U (S_s - S_b) V,
/// and the r x r matrix in the middle is factored into as many terms as its rank. For every snapshot the cheapest b is taken.
/// </summary>
internal sealed class StripRankMiner : IShortcut
{
    private readonly MacCounter _counter;
    private readonly List<(int Base, ModularFactor Factor)> _plan = [];

    public StripRankMiner(NoisedProduct product, int segment, MacCounter counter)
    {
        _counter = counter;
        List<long[][]> prefixes = StripProducts.Prefixes(product, segment, product.Rank);
        prefixes.Insert(0, [.. prefixes[0].Select(row => new long[row.Length])]);
        for (int s = 1; s < prefixes.Count; s++)
        {
            int cheapest = Enumerable.Range(0, s).MinBy(b => PrimeField.Wide.Rank(PrimeField.Wide.Add(prefixes[s], prefixes[b], -1)));
            (long[][] left, long[][] right) = PrimeField.Wide.Factor(PrimeField.Wide.Add(prefixes[s], prefixes[cheapest], -1));
            Ranks.Add(right.Length);
            _plan.Add((cheapest, new ModularFactor(product, left, right, PrimeField.Wide, counter)));
        }
    }

    /// <summary>Products an output at each snapshot.</summary>
    public List<int> Ranks { get; } = [];

    /// <inheritdoc/>
    public List<int[]> Snapshots(int tileRow, int tileColumn)
    {
        const int edge = NoisedProduct.Edge;
        List<int[]> snapshots = [new int[edge * edge]];
        foreach ((int from, ModularFactor factor) in _plan)
        {
            int[] sums = new int[edge * edge];
            for (int i = 0; i < sums.Length; i++)
            {
                long increment = factor.Output((tileRow * edge) + (i / edge), (tileColumn * edge) + (i % edge), _counter);
                sums[i] = (int)PrimeField.Wide.Centre(PrimeField.Wide.Reduce(snapshots[from][i] + increment));
            }

            snapshots.Add(sums);
        }

        return snapshots[1..];
    }
}
