using PoUW.Core.Storage;
using SQLitePCL;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// Looks for damage anywhere in a store, on one moment of it: SQLite's own check of pages and order, each pair's checksum, and the digest
/// over all pairs, which sees what the others cannot: an old page that took the place of a newer one, or rows that are gone.
/// </summary>
internal sealed class IntegrityCheck(SqliteDatabase database, IProgress<long>? progress, CancellationToken cancellation)
{
    private const int MostProblems = 100;
    private const int PairsPerReport = 4096;

    private readonly List<string> _problems = [];

    /// <summary>What is wrong, up to 100 sentences; empty if nothing is.</summary>
    internal List<string> Run()
    {
        using CancellationTokenRegistration registration = cancellation.Register(database.Interrupt);
        try
        {
            database.Execute("BEGIN");
            StoreSeal expected = SqliteSchema.ReadSeal(database);
            Note(CheckPages);
            StoreSeal? found = null;
            Note(() => found = CheckPairs());
            if (found is { } seal)
            {
                Compare(expected, seal with { Sequence = expected.Sequence });
            }

            database.Execute("COMMIT");
        }
        catch (SqliteStoreException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (SqliteStoreException failure) when (failure.Failure == StoreFailure.Corrupt)
        {
            Add(failure.Message);
        }

        return _problems;
    }

    // A part that breaks off because of damage does not keep the other parts from looking.
    private void Note(Action part)
    {
        try
        {
            part();
        }
        catch (SqliteStoreException failure) when (failure.Failure == StoreFailure.Corrupt)
        {
            Add(failure.Message);
        }
    }

    private void CheckPages()
    {
        using sqlite3_stmt check = database.PrepareOnce($"PRAGMA integrity_check({MostProblems})");
        while (database.Step(check))
        {
            string line = sqlite3_column_text(check, 0).utf8_to_string();
            if (line != "ok")
            {
                Add($"SQLite: {line}");
            }
        }
    }

    private StoreSeal CheckPairs()
    {
        // In the order in which the rows lie; that the index leads to all of them is part of SQLite's check.
        using sqlite3_stmt scan = database.PrepareOnce("SELECT key, sum, value FROM pairs NOT INDEXED");
        StoreSeal seal = default;
        while (database.Step(scan))
        {
            ReadOnlySpan<byte> key = sqlite3_column_blob(scan, 0);
            uint sum = PairChecksum.Of(key, sqlite3_column_blob(scan, 2));
            if (sqlite3_column_int64(scan, 1) != sum)
            {
                Add($"The value of key {Convert.ToHexString(key)} does not fit its checksum.");
            }

            seal = seal.With(PairChecksum.Fingerprint(key, sum));
            if (seal.Pairs % PairsPerReport == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report((long)seal.Pairs);
            }
        }

        return seal;
    }

    private void Compare(StoreSeal expected, StoreSeal found)
    {
        if (expected.Pairs != found.Pairs)
        {
            Add($"There are {found.Pairs} pairs where {expected.Pairs} were written.");
        }
        else if (expected != found)
        {
            Add("Some pairs are older than what was written last: the digest over all pairs does not fit.");
        }
    }

    private void Add(string problem)
    {
        if (_problems.Count < MostProblems)
        {
            _problems.Add(problem);
        }
    }
}
