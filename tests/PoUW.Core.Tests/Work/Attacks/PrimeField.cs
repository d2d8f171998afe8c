namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>Linear algebra modulo a prime below 2^27; matrices are arrays of rows with at most 64 columns.</summary>
internal sealed class PrimeField
{
    /// <summary>2^27 - 39: any accumulator of a segment (below 2^24) can be read back from its residue.</summary>
    public static readonly PrimeField Wide = new(134_217_689);

    public PrimeField(long prime)
    {
        Prime = prime;
        for (long divisor = 2; divisor * divisor <= prime; divisor++)
        {
            Assert.That(prime % divisor, Is.Not.Zero, "not a prime");
        }
    }

    public long Prime { get; }

    public long Reduce(long value) => ((value % Prime) + Prime) % Prime;

    /// <summary>The residue of least magnitude.</summary>
    public long Centre(long residue) => residue > Prime / 2 ? residue - Prime : residue;

    public long Inverse(long value)
    {
        // Fermat: the power p - 2.
        long result = 1;
        long power = Reduce(value);
        for (long exponent = Prime - 2; exponent > 0; exponent >>= 1)
        {
            result = (exponent & 1) != 0 ? result * power % Prime : result;
            power = power * power % Prime;
        }

        return result;
    }

    public long[][] Random(int rows, int columns, Random random) =>
        [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => random.NextInt64(Prime)).ToArray())];

    public long[][] Reduce(long[][] matrix) => [.. matrix.Select(row => Array.ConvertAll(row, Reduce))];

    public long[][] Reduce(sbyte[][] matrix) => [.. matrix.Select(row => Array.ConvertAll(row, value => Reduce(value)))];

    /// <summary>x + factor * y.</summary>
    public long[][] Add(long[][] x, long[][] y, long factor) =>
        [.. x.Select((row, i) => row.Select((value, j) => Reduce(value + (factor * y[i][j]))).ToArray())];

    public long[][] Multiply(long[][] x, long[][] y)
    {
        long[][] columns = Transpose(y);
        return [.. x.Select(row => Array.ConvertAll(columns, column => Dot(row, column)))];
    }

    public static long[][] Transpose(long[][] matrix) =>
        [.. Enumerable.Range(0, matrix[0].Length).Select(j => Array.ConvertAll(matrix, row => row[j]))];

    public static long[][] Join(params long[][][] matrices) =>
        [.. Enumerable.Range(0, matrices[0].Length).Select(i => matrices.SelectMany(matrix => matrix[i]).ToArray())];

    public static long[][] Identity(int size) =>
        [.. Enumerable.Range(0, size).Select(i => Enumerable.Range(0, size).Select(j => i == j ? 1L : 0L).ToArray())];

    public int Rank(long[][] matrix) => Echelon(Reduce(matrix), matrix[0].Length).Count;

    /// <summary>A matrix as left * right with as many inner terms as its rank: its pivot columns times its reduced echelon form.</summary>
    public (long[][] Left, long[][] Right) Factor(long[][] matrix)
    {
        long[][] echelon = Reduce(matrix);
        List<int> pivots = Echelon(echelon, matrix[0].Length);
        return ([.. matrix.Select(row => pivots.Select(pivot => Reduce(row[pivot])).ToArray())], echelon[..pivots.Count]);
    }

    /// <summary>A solution x of matrix * x = right; null if there is none.</summary>
    public long[][]? Solve(long[][] matrix, long[][] right)
    {
        int unknowns = matrix[0].Length;
        long[][] system = Reduce(Join(matrix, right));
        List<int> pivots = Echelon(system, unknowns);
        if (system.Skip(pivots.Count).Any(row => row.Skip(unknowns).Any(value => value != 0)))
        {
            return null;
        }

        long[][] solution = [.. Enumerable.Range(0, unknowns).Select(_ => new long[right[0].Length])];
        for (int i = 0; i < pivots.Count; i++)
        {
            solution[pivots[i]] = system[i][unknowns..];
        }

        return solution;
    }

    /// <summary>Brings the first columns to reduced echelon form in place.</summary>
    /// <returns>The pivot columns.</returns>
    private List<int> Echelon(long[][] rows, int columns)
    {
        List<int> pivots = [];
        for (int column = 0; column < columns && pivots.Count < rows.Length; column++)
        {
            int found = Array.FindIndex(rows, pivots.Count, row => row[column] != 0);
            if (found < 0)
            {
                continue;
            }

            int top = pivots.Count;
            (rows[top], rows[found]) = (rows[found], rows[top]);
            long scale = Inverse(rows[top][column]);
            rows[top] = Array.ConvertAll(rows[top], value => value * scale % Prime);
            for (int i = 0; i < rows.Length; i++)
            {
                if (i != top && rows[i][column] != 0)
                {
                    Eliminate(rows[i], rows[top], rows[i][column]);
                }
            }

            pivots.Add(column);
        }

        return pivots;
    }

    private void Eliminate(long[] row, long[] pivot, long factor)
    {
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = Reduce(row[j] - (factor * pivot[j]));
        }
    }

    private long Dot(long[] x, long[] y)
    {
        long sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum % Prime;
    }
}
