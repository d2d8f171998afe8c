using System.Diagnostics;
using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Recovery;

/// <summary>
/// Kills a process that imports blocks, again and again on the same store, and compares the store with a chain in memory after each kill; and
/// damages copies of the killed stores. What must hold: every acknowledged block is there and every answer is right, or the damage is named
/// and a repair reaches the head of the reference. Everything but the moment of a kill follows from the seed.
/// </summary>
internal sealed class CrashHarness : IDisposable
{
    private static readonly byte[] RecordKey = "voter/last"u8.ToArray();
    private static readonly byte[] Record = [.. Enumerable.Range(0, 120).Select(i => (byte)i)];

    private readonly CrashNet _net = new();
    private readonly CrashScript _script;
    private readonly CrashCheck _check;
    private readonly CrashProcess _process;
    private readonly Random _random;
    private readonly PageTears _tears;
    private readonly string _folder;
    private readonly string _segment;
    private readonly int _seed;
    private readonly Action<string> _log;

    /// <summary>Prepares the script.</summary>
    /// <param name="command">Program and arguments that run an entry point which knows <see cref="CrashChild.Verb"/>.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="seed">Decides everything but the moments of the kills.</param>
    /// <param name="blocks">About how many blocks the script has.</param>
    /// <param name="log">Hears of each violation at once.</param>
    internal CrashHarness(IReadOnlyList<string> command, string folder, int seed, int blocks, Action<string> log)
    {
        (_folder, _seed, _log) = (folder, seed, log);
        _random = new Random(seed);
        _script = CrashScript.Build(_net, seed, blocks);
        _check = new CrashCheck(_net, _script, _random);
        _tears = new PageTears(_random);
        _script.Save(Path.Combine(folder, CrashChild.ScriptName));
        _segment = Path.Combine(folder, "reference.segment");
        _script.SaveSegment(_segment);
        _process = new CrashProcess(command, folder);
    }

    /// <summary>What was seen so far.</summary>
    internal CrashTally Tally { get; } = new();

    /// <summary>Kills and tears until there are as many of both as asked for.</summary>
    internal void Run(int kills, int tears)
    {
        string store = NewStore();
        int acknowledged = 0;
        while (Tally.Kills < kills || Tally.Tears < tears)
        {
            string older = Copy(store, "older");
            bool early = _random.Next(12) == 0;
            TimeSpan delay = early ? TimeSpan.FromMilliseconds(40 + _random.Next(400)) : TimeSpan.FromMicroseconds(_random.Next(6_000));
            CrashLife life = _process.Run(store, acknowledged, early ? 0 : 1 + _random.Next(30), delay);
            Note(life, ref acknowledged);
            CheckStore(store, acknowledged);
            if (Tally.Tears < tears && (_random.Next(3) == 0 || Tally.Kills >= kills || kills - Tally.Kills <= tears - Tally.Tears))
            {
                Tear(store, older, acknowledged);
            }

            if (acknowledged == _script.Blocks.Count)
            {
                CheckEnd(store);
                Directory.Delete(store, recursive: true);
                (store, acknowledged) = (NewStore(), 0);
            }
        }

        CrashLife last = _process.Run(store, acknowledged, 0, null);
        Note(last, ref acknowledged);
        CheckEnd(store);
    }

    /// <summary>Runs out of room, and loses the right to write, in mid-import; both are given back and the import goes on.</summary>
    internal void RunLimits()
    {
        DiskLimits limits = new(_process, NewStore, Violate, (store, acknowledged) => CheckStore(store, acknowledged), CheckEnd);
        Tally.FileLimit = limits.LimitFileSize();
        Tally.DiskFull = limits.FillDisk();
        Tally.ReadOnly = limits.ForbidWriting();
    }

    /// <inheritdoc/>
    public void Dispose() => _net.Dispose();

    private void Note(CrashLife life, ref int acknowledged)
    {
        Tally.Kills += life.Killed ? 1 : 0;
        Tally.EarlyKills += life is { Killed: true, Opened: false } ? 1 : 0;
        Tally.Acknowledged += Math.Max(0, life.Acknowledged - acknowledged);
        acknowledged = Math.Max(acknowledged, life.Acknowledged);
        if (!life.Killed && life.ExitCode != 0)
        {
            Violate($"the process ended with {life.ExitCode}: {life.LastLine}");
        }
    }

    /// <summary>Half the time in a copy, so that the next process finds the files as the kill left them.</summary>
    private void CheckStore(string store, int acknowledged)
    {
        string at = _random.Next(2) == 0 ? store : Copy(store, "checked");
        List<string> wrong = [];
        try
        {
            using SqliteKeyValueStore opened = new(Path.Combine(at, CrashChild.StoreName), CrashChild.StoreOptions);
            wrong.AddRange(_check.CheckIntegrity(opened, acknowledged));
            CompareAll(opened, acknowledged, wrong);
        }
        catch (PouwException failure)
        {
            wrong.Add($"a store that was only killed does not open: {failure.Message}");
        }

        wrong.ForEach(Violate);
    }

    private void CompareAll(IKeyValueStore opened, int acknowledged, List<string> wrong)
    {
        _check.Compare(opened, acknowledged, wrong);
        if (opened.Get(RecordKey) is not { } record || !record.AsSpan().SequenceEqual(Record))
        {
            wrong.Add("a record beside the chain is not what was written");
        }
    }

    private void CheckEnd(string store)
    {
        CheckStore(store, _script.Blocks.Count);
        Tally.Completed++;
        using SqliteKeyValueStore opened = new(Path.Combine(store, CrashChild.StoreName), CrashChild.StoreOptions);
        CheckHead(opened, "at the end of the script");
    }

    private void CheckHead(IKeyValueStore store, string when)
    {
        BlockChain chain = _net.Open(store);
        Hash256 right = _script.Reference.Head.Id;
        List<string> wrong = [];
        if (chain.Head.Id != right)
        {
            wrong.Add($"the head is {chain.Head.Id}, not {right}");
        }
        else
        {
            _check.CompareState(chain, _script.Outcomes[right], wrong);
        }

        wrong.ForEach(what => Violate($"{when}: {what}"));
    }

    private void Tear(string store, string older, int acknowledged)
    {
        string torn = Copy(store, "torn");
        string path = Path.Combine(torn, CrashChild.StoreName);
        if (!File.Exists(path))
        {
            return;
        }

        Tally.Tears++;
        string done = _tears.Apply(path, Path.Combine(older, CrashChild.StoreName));
        if (IsSound(path, acknowledged, done))
        {
            Tally.Intact++;
        }
        else
        {
            Repair(path, done);
        }
    }

    /// <summary>Opens a damaged store as a node does after an unclean stop: what the check calls whole must give right answers only.</summary>
    private bool IsSound(string path, int acknowledged, string done)
    {
        try
        {
            using SqliteKeyValueStore opened = new(path, CrashChild.StoreOptions);
            if (_check.CheckIntegrity(opened, acknowledged).Count > 0)
            {
                Tally.Found++;
                return false;
            }

            List<string> wrong = [];
            CompareAll(opened, acknowledged, wrong);
            wrong.ForEach(what => Violate($"{done}: nothing was found, but {what}"));
            return true;
        }
        catch (PouwException)
        {
            // This is the clear error that is wanted; the repair follows.
            Tally.Refused++;
            return false;
        }
    }

    private void Repair(string path, string done)
    {
        try
        {
            StoreRepairReport report = StoreRepair.Run(
                path, SqliteSalvage.Open, fresh => new SqliteKeyValueStore(fresh), _net.Options(new InMemoryKeyValueStore()),
                new RebuildOptions { Segments = [_segment], KnownPrefixes = ["voter/"] });
            Tally.Salvaged += report.Rebuilt.Salvaged;
            int before = Tally.Violations.Count;
            using SqliteKeyValueStore repaired = new(path, CrashChild.StoreOptions);
            foreach (string finding in _check.CheckIntegrity(repaired, _script.Blocks.Count))
            {
                Violate($"{done}: after the repair: {finding}");
            }

            CheckHead(repaired, $"{done}: after the repair");
            bool lost = report.Rebuilt.LostRanges.Count > 0;
            if (!lost && (repaired.Get(RecordKey) is not { } record || !record.AsSpan().SequenceEqual(Record)))
            {
                Violate($"{done}: the record beside the chain was lost and the repair did not say so");
            }

            Tally.Repaired += Tally.Violations.Count == before ? 1 : 0;
        }
        catch (Exception failure) when (failure is PouwException or IOException)
        {
            Violate($"{done}: the repair failed: {failure}");
        }
    }

    private string NewStore()
    {
        string store = Path.Combine(_folder, $"store-{Stopwatch.GetTimestamp()}");
        PrepareStore(store);
        return store;
    }

    private static void PrepareStore(string store)
    {
        Directory.CreateDirectory(store);
        using SqliteKeyValueStore opened = new(Path.Combine(store, CrashChild.StoreName), CrashChild.StoreOptions);
        opened.Apply(new WriteBatch().Put(RecordKey, Record));
    }

    private string Copy(string store, string name)
    {
        string to = Path.Combine(_folder, name);
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(store))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        return to;
    }

    private void Violate(string what)
    {
        string sentence = $"seed {_seed}, kill {Tally.Kills}, tear {Tally.Tears}: {what}";
        Tally.Violations.Add(sentence);
        _log(sentence);
    }
}
