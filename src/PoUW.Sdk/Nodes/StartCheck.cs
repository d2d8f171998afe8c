using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Storage;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Nodes;

/// <summary>The check of a node's store before the node opens it.</summary>
internal static class StartCheck
{
    // Among the chain's keys, so that a repair leaves it out.
    private static ReadOnlySpan<byte> RefusedKey => "chain/refused"u8;

    /// <summary>Checks the store if the options ask for it.</summary>
    /// <exception cref="ChainException">The store is damaged; the caller must close it, so that it can be repaired.</exception>
    internal static void Run(PouwNodeOptions options, CancellationToken cancellation)
    {
        if (!IsWanted(options) || options.Store.Scan("chain/"u8, KeyValueReaderExtensions.EndOf("chain/"u8), 1).Count == 0)
        {
            return;
        }

        options.Observer.Warn(options.Name, "the store was not closed, or is to be checked: it is checked in full before the node starts");
        BlockChainOptions chain = NodeChain.OptionsOf(options, new LeaseView(options.Parameters));
        IntegrityReport report = IntegrityCheck.Run(
            options.Store, options.Parameters.MaxBlockBytes, ChainRebuild.GenesisOf(chain), cancellation: cancellation);
        if (!report.IsClean)
        {
            Remember(options.Store, report);
            throw new ChainException(
                $"The store of node {options.Name} is damaged: {report} The node does not start on it. {nameof(NodeRepair)}.{nameof(NodeRepair.Run)} "
                + "builds a new store from what is whole, and keeps the damaged files (docs/recovery.md).");
        }

        if (options.Store.Get(RefusedKey) is not null)
        {
            options.Store.Apply(new WriteBatch().Delete(RefusedKey));
        }
    }

    /// <summary>
    /// The store is closed cleanly now, and a node that is started again must not take it for a good one. A store with damage of its own
    /// remembers that itself, and is not written to.
    /// </summary>
    private static void Remember(IKeyValueStore store, IntegrityReport report)
    {
        if (report.Findings.All(static finding => finding.Area != IntegrityArea.Store))
        {
            store.Apply(new WriteBatch().Put(RefusedKey, [1]));
        }
    }

    private static bool IsWanted(PouwNodeOptions options) => options.IntegrityCheckAtStart switch
    {
        IntegrityCheckAtStart.Always => true,
        IntegrityCheckAtStart.AfterUncleanStop => options.Store is IStoreSelfCheck { WasClosedCleanly: false } || options.Store.Get(RefusedKey) is not null,
        _ => false,
    };
}
