namespace PoUW.Network.Messaging;

/// <summary>Hears nothing.</summary>
public sealed class NullNetworkObserver : INetworkObserver
{
    /// <inheritdoc/>
    public void Observe(NetworkEvent observation)
    {
    }
}
