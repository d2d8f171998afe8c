namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>The r x r matrices between U and V of a product of zero operands.</summary>
internal static class StripProducts
{
    /// <summary>M_t of every strip of a segment.</summary>
    public static List<long[][]> Of(NoisedProduct product, int segment) =>
        [.. product.StripsA[product.StripsOf(segment)].Zip(product.StripsB[product.StripsOf(segment)], NoiseStrip.Product)];

    /// <summary>The sums of M_t at every snapshot of a segment.</summary>
    public static List<long[][]> Prefixes(NoisedProduct product, int segment, int stride)
    {
        List<long[][]> prefixes = [];
        long[][] sum = [.. Enumerable.Range(0, product.Rank).Select(_ => new long[product.Rank])];
        List<long[][]> strips = Of(product, segment);
        for (int t = 0; t < strips.Count; t++)
        {
            sum = [.. sum.Zip(strips[t], (x, y) => x.Zip(y, (s, p) => s + p).ToArray())];
            if ((t + 1) * product.Rank % stride == 0)
            {
                prefixes.Add(sum);
            }
        }

        return prefixes;
    }
}
