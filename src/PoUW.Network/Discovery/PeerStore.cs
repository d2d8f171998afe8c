using PoUW.Core.Storage;
using PoUW.Network.Hosting;

namespace PoUW.Network.Discovery;

/// <summary>What a node knows of peers over a restart: the address book and the bans. Not for several threads.</summary>
internal sealed class PeerStore(PeerDiscoverySetup setup)
{
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public void Load()
    {
        setup.Book.Load(setup.Store, setup.Options.StorePrefix.Span);
        setup.Bans?.Load(setup.Store, setup.Options.BansPrefix.Span);
    }

    /// <summary>Writes what changed. A failure is told to the observer, and the next call tries again.</summary>
    public void Save()
    {
        try
        {
            setup.Book.Save(setup.Store, setup.Options.StorePrefix.Span);
            setup.Bans?.Save(setup.Store, setup.Options.BansPrefix.Span);
        }
        catch (StoreException failure)
        {
            setup.Observer.Observe(
                new NetworkEvent(NetworkEventKind.InternalFailure, null, "The address book or the bans were not saved.", failure));
        }
    }
}
