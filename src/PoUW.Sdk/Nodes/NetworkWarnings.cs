using PoUW.Network.Hosting;

namespace PoUW.Sdk.Nodes;

/// <summary>Passes what the network layer reports to the node's observer.</summary>
internal sealed class NetworkWarnings(string node, INodeObserver observer) : INetworkObserver
{
    public void Observe(NetworkEvent observation)
    {
        if (observation.Kind is NetworkEventKind.HandlerFailed or NetworkEventKind.InternalFailure or NetworkEventKind.PeerBanned)
        {
            observer.Warn(node, $"{observation.Kind}: {observation.Detail} {observation.Failure?.Message}");
        }
    }
}
