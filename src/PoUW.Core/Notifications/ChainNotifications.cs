using PoUW.Core.Chain;

namespace PoUW.Core.Notifications;

/// <summary>
/// The steps of the chain of the head for hosts that must not miss one: a durable log, and for every named subscriber a place in it that
/// survives a restart. A step is written in the same batch as the change of the head. Nothing that a subscriber has not finished is pruned
/// (<see cref="BlockChain.PruneLimit"/>), unless its policy is to be dropped; importing never waits for a subscriber.
/// <para>Delivery is at least once: after a restart a subscriber reads again from the last step that it reported as finished, so it must
/// either take a step twice, or keep the sequence number with its own data in one transaction and pass over steps up to it: then each step
/// has its effect exactly once.</para>
/// <para>For what only matters while the process lives (a display, a pool), <see cref="IChainObserver"/> is lighter: it is called at once,
/// knows nothing of the time before it subscribed, and writes nothing.</para>
/// All members may be called from any thread, also from an observer. Model: the execution extensions of reth.
/// </summary>
public sealed class ChainNotifications
{
    private readonly Lock _chainGate;
    private readonly NotificationLog _log;

    internal ChainNotifications(Lock chainGate, NotificationLog log) => (_chainGate, _log) = (chainGate, log);

    /// <summary>All subscribers, open or not, by name.</summary>
    public IReadOnlyList<ChainSubscriberStatus> Subscribers => _log.Statuses();

    /// <summary>
    /// Opens the subscription of a name. The first time it starts at the head (<see cref="ChainSubscription.IsNew"/>): what the host needs of
    /// the chain up to <see cref="ChainSubscription.Finished"/> it reads from the chain. Later it goes on after the last finished step.
    /// </summary>
    /// <param name="name">1 to 64 printable ASCII characters without space.</param>
    /// <param name="options">How it is treated from now on; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name or an option is outside what is allowed.</exception>
    /// <exception cref="InvalidOperationException">The subscription is open already, or there are 64 others.</exception>
    /// <exception cref="Storage.StoreException">The subscriber cannot be stored; nothing has changed.</exception>
    public ChainSubscription Open(string name, ChainSubscriptionOptions? options = null)
    {
        ChainSubscriptionOptions chosen = options ?? new ChainSubscriptionOptions();
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfZero(chosen.MaxLag);
        if (name.Length > Subscriber.MaxNameBytes || name.AsSpan().ContainsAnyExceptInRange('!', '~') || !Enum.IsDefined(chosen.Policy))
        {
            throw new ArgumentException("A name has 1 to 64 printable ASCII characters without space; the policy is one of the defined.", nameof(name));
        }

        // A change of the head under way would be half in the log.
        lock (_chainGate)
        {
            return _log.Open(name, chosen);
        }
    }

    /// <summary>Forgets a subscriber and its place, open or not: it holds back nothing any more. False if there is none of this name.</summary>
    public bool Remove(string name)
    {
        lock (_chainGate)
        {
            return _log.Remove(name);
        }
    }
}
