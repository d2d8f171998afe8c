using PoUW.Core.Chain;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Sync;

/// <summary>
/// Lets a new node with a trusted checkpoint begin with the state of that block, fetched from its bootstrap nodes, before its chain is opened.
/// </summary>
internal static class SnapshotStart
{
    /// <summary>Fetches the state if the options and the store ask for it; the chain can be opened afterwards in any case.</summary>
    internal static async Task RunAsync(
        PouwNodeOptions options, BlockChainOptions chain, Func<NetworkNode> createNetwork, CancellationToken cancellation)
    {
        bool isWanted = options.Sync.SnapshotMinBlocks > 0 && options.TrustedCheckpoint is { } trusted && trusted.Height >= options.Sync.SnapshotMinBlocks
            && options.Bootstrap.Count > 0 && SnapshotAdoption.IsPossible(options.Store);
        if (!isWanted)
        {
            return;
        }

        void Warn(string message) => options.Observer.Warn(options.Name, message);
        await using NetworkNode network = createNetwork();
        foreach (Multiaddr peer in options.Bootstrap)
        {
            ConnectResult connected = await network.ConnectAsync(peer, cancellation);
            if (!connected.IsConnected)
            {
                Warn($"no connection to {peer}: {connected.Reason}");
            }
        }

        if (network.Peers.Count > 0)
        {
            await new SnapshotSync(new SnapshotAdoption(chain), network, options.Sync, options.Time, Warn, cancellation).RunAsync();
        }
    }
}
