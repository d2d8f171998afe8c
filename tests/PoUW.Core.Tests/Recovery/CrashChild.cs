using System.Globalization;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Recovery;

/// <summary>
/// The process that is killed: imports the blocks of a script into a SQLite store, prunes after each, and writes a line for each block once the
/// import has returned. Exit status: 0 at the end of the script, 3 when the store failed (the last line says how), 4 on anything else.
/// </summary>
internal static class CrashChild
{
    /// <summary>The hidden verb on the command line; folder and first block follow.</summary>
    internal const string Verb = "--crash-child";

    internal const string StoreName = "chain.db";
    internal const string ScriptName = "script.bin";
    internal const string Subscriber = "host";

    internal const int StoreFailed = 3;

    private const int WrongAnswer = 4;

    /// <summary>A small log, so that it is copied into the data file every few blocks.</summary>
    internal static SqliteStoreOptions StoreOptions { get; } = new() { CheckpointBytes = 192 * 1024, CacheBytes = 1024 * 1024 };

    internal static int Run(string storeFolder, string scriptFolder, int first)
    {
        using CrashNet net = new();
        List<Block> blocks = CrashScript.Load(Path.Combine(scriptFolder, ScriptName), net.Parameters.MaxBlockBytes);
        try
        {
            return Import(net, Path.Combine(storeFolder, StoreName), blocks, first);
        }
        catch (StoreException failure)
        {
            Say($"F {failure.Failure} {failure.Message}");
            return StoreFailed;
        }
    }

    private static int Import(CrashNet net, string path, List<Block> blocks, int first)
    {
        using SqliteKeyValueStore store = new(path, StoreOptions);
        BlockChain chain = net.Open(store);
        using ChainSubscription host = chain.Notifications.Open(Subscriber);
        Say("O");
        for (int i = first; i < blocks.Count; i++)
        {
            ValidationResult result = chain.Import(blocks[i]);
            if (!result.IsValid && result.Code != ValidationCode.AlreadyKnown)
            {
                Say($"W {i} {result}");
                return WrongAnswer;
            }

            Say(string.Create(CultureInfo.InvariantCulture, $"A {i} {Shortened(blocks[i].Id)}"));
            Read(host, i);
            chain.PruneWitnesses(4);
            chain.PruneStates(2);
        }

        return 0;
    }

    /// <summary>A host that reads every step and reports every fifth.</summary>
    private static void Read(ChainSubscription host, int i)
    {
        while (host.TryRead() is { } step)
        {
            if (i % 5 == 0)
            {
                host.Finish(step.Sequence);
            }
        }
    }

    internal static string Shortened(Hash256 id) => id.ToString()[..16];

    private static void Say(string line)
    {
        // The dot at the end tells a whole line from one that was cut.
        Console.Out.Write($"{line.Replace('\n', ' ')}.\n");
        Console.Out.Flush();
    }
}
