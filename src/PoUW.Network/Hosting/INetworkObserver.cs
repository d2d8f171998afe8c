namespace PoUW.Network.Hosting;

/// <summary>Hears what a node does, for logs and metrics. Called from any thread; must return soon, must not throw or call back.</summary>
public interface INetworkObserver
{
    /// <summary>Takes one observation.</summary>
    void Observe(NetworkEvent observation);
}
