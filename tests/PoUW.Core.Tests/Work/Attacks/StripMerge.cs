namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// Two strip products with shared terms. Both increments are bilinear forms in the same u and v, so terms (u x)(y v) computed once may
/// serve both. Wedderburn: M - X D Y' (Y' transposed) loses a ranks exactly if Y' M^-1 X = D^-1, D being diagonal of size a. For one pair
/// (M1, M2), c distinct constants mu_i and m = floor(r / (c + 1)) this can be met with a = c m columns: let Z = M1 M2^-1, K random
/// r x m, X_i = (product of Z - mu_j over j other than i) K and Q = (product over all j) K. Then Z X_i = mu_i X_i + Q, so
/// Y' M1^-1 [X, Q] = [I, 0], which is linear in Y and solvable as a + m is at most r, gives Y' M1^-1 X = I and Y' M2^-1 X = diag(mu_i).
/// Both residuals have rank r - a: 2r - a products an output where the honest miner does 2r. Compare the simultaneous evaluation of
/// pairs of bilinear forms (Ja'Ja', "Optimal evaluation of pairs of bilinear forms", 1979).
/// In the first increment every group has weight 1, in the second w_i = 1 / mu_i. What counts is the weight after both strips, 1 + w_i: it is
/// 0 for the first group, so that group is added to the middle snapshot alone, and a power of two with a sign for the others, so
/// that none costs a product.
/// </summary>
internal sealed record StripMerge(
    long[][] X, long[][] Y, int GroupSize, (long[][] Left, long[][] Right) First, (long[][] Left, long[][] Right) Second)
{
    /// <summary>The weight of a group after both strips: 0, -1, 2, -2, 4, -4, ... All but 1, which would mean that nothing is shared.</summary>
    public static long EndWeight(int group) => group == 0 ? 0 : (group % 2 == 0 ? 1L : -1L) << (group / 2);

    /// <summary>Merges two strips.</summary>
    /// <param name="field">The prime; a rational solution would need fractions with dozens of digits.</param>
    /// <param name="first">M1, invertible.</param>
    /// <param name="second">M2, invertible.</param>
    /// <param name="common">c, from 1 to r - 1.</param>
    /// <param name="random">Gives K.</param>
    public static StripMerge Find(PrimeField field, long[][] first, long[][] second, int common, Random random)
    {
        int rank = first.Length;
        int size = rank / (common + 1);
        for (int attempt = 0; attempt < 16; attempt++)
        {
            (long[][] x, long[][] q) = Columns(field, first, second, common, field.Random(rank, size, random));
            if (field.Rank(PrimeField.Join(x, q)) == x[0].Length + size)
            {
                return Complete(field, first, second, x, q);
            }
        }

        throw new InvalidOperationException("No choice of K spans enough; the two strips must be very much alike.");
    }

    private static (long[][] X, long[][] Q) Columns(PrimeField field, long[][] first, long[][] second, int common, long[][] start)
    {
        long[][] inverse = field.Solve(second, PrimeField.Identity(second.Length))!;
        long[][] z = field.Multiply(field.Reduce(first), inverse);
        long[][] Step(long[][] columns, int i) => field.Add(field.Multiply(z, columns), columns, -field.Inverse(EndWeight(i) - 1));
        long[][] Chain(int except) => Enumerable.Range(0, common).Where(j => j != except).Aggregate(start, Step);
        return (PrimeField.Join([.. Enumerable.Range(0, common).Select(Chain)]), Chain(-1));
    }

    private static StripMerge Complete(PrimeField field, long[][] first, long[][] second, long[][] x, long[][] q)
    {
        int shared = x[0].Length;
        int size = q[0].Length;
        long[][] system = PrimeField.Transpose(field.Solve(first, PrimeField.Join(x, q))!);
        long[][] right = [.. PrimeField.Identity(shared), .. Enumerable.Range(0, size).Select(_ => new long[shared])];
        long[][] y = field.Solve(system, right)!;
        long[][] weighted = [.. x.Select(row => row.Select((value, j) => field.Reduce(value * field.Reduce(EndWeight(j / size) - 1))).ToArray())];
        long[][] transposed = PrimeField.Transpose(y);
        return new StripMerge(
            x,
            transposed,
            size,
            field.Factor(field.Add(field.Reduce(first), field.Multiply(x, transposed), -1)),
            field.Factor(field.Add(field.Reduce(second), field.Multiply(weighted, transposed), -1)));
    }
}
