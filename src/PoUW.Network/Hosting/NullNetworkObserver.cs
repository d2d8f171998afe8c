namespace PoUW.Network.Hosting;

/// <summary>Hears nothing.</summary>
public sealed class NullNetworkObserver : INetworkObserver
{
    /// <inheritdoc/>
    public void Observe(NetworkEvent observation)
    {
    }
}
