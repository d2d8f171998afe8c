using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Storage;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Nodes;

/// <summary>The check of a node's store before the node opens it.</summary>
internal static class StartCheck
{
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
            throw new ChainException(
                $"The store of node {options.Name} is damaged: {report} The node does not start on it. {nameof(NodeRepair)}.{nameof(NodeRepair.Run)} "
                + "builds a new store from what is whole, and keeps the damaged files (docs/recovery.md).");
        }
    }

    private static bool IsWanted(PouwNodeOptions options) => options.IntegrityCheckAtStart switch
    {
        IntegrityCheckAtStart.Always => true,
        IntegrityCheckAtStart.AfterUncleanStop => options.Store is IStoreSelfCheck { WasClosedCleanly: false },
        _ => false,
    };
}
