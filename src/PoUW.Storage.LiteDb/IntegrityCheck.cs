namespace PoUW.Storage.LiteDb;

/// <summary>Reads everything and compares it with what the store says of itself.</summary>
internal static class IntegrityCheck
{
    private const int MostProblems = 100;
    private const int ReportEvery = 256;

    internal static IReadOnlyList<string> Run(PairTable table, IProgress<long>? progress, CancellationToken cancellation)
    {
        List<string> problems = [];
        StoreMarks marks = table.Marks() ?? default;
        (long pairs, ulong digest, long parts) = (0, 0, 0);
        byte[] last = [];
        foreach (StoredPair pair in table.From([]))
        {
            cancellation.ThrowIfCancellationRequested();
            Check(table, pair, last, problems);
            last = pair.Key;
            pairs++;
            parts += pair.Parts;
            digest = unchecked(digest + pair.Sum);
            if (pairs % ReportEvery == 0)
            {
                progress?.Report(pairs);
            }

            if (problems.Count >= MostProblems)
            {
                return problems;
            }
        }

        progress?.Report(pairs);
        Compare(marks, pairs, digest, parts, table.CountParts(), problems);
        return problems;
    }

    private static void Check(PairTable table, StoredPair pair, byte[] last, List<string> problems)
    {
        if (last.AsSpan().SequenceCompareTo(pair.Key) >= 0)
        {
            problems.Add($"The key {Convert.ToHexString(pair.Key)} is out of order.");
        }

        try
        {
            if (table.Find(pair.Key) is null)
            {
                problems.Add($"The key {Convert.ToHexString(pair.Key)} is in its table and is not found.");
            }

            table.Value(pair);
        }
        catch (LiteDbStoreException failure)
        {
            problems.Add(failure.Message);
        }
    }

    private static void Compare(StoreMarks marks, long pairs, ulong digest, long parts, long partsFound, List<string> problems)
    {
        if (pairs != marks.Pairs)
        {
            problems.Add($"There are {pairs} pairs where {marks.Pairs} were written.");
        }
        else if (digest != marks.Digest && problems.Count == 0)
        {
            problems.Add("The digest of all pairs is another than was written: some have an older value.");
        }

        if (parts != partsFound)
        {
            problems.Add($"There are {partsFound} parts of long values where {parts} belong to pairs.");
        }
    }
}
