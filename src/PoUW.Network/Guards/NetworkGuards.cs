using PoUW.Core.Randomness;
using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>
/// The guards of one node, made together. In the order in which a host asks them:
/// <list type="number">
/// <item>A dial: <see cref="DialBackoff.WaitBefore(Identity.PeerId?, Multiaddresses.Multiaddr)"/>, <see cref="IConnectionGater.MayDial"/>, <see cref="ResourceManager.TryOpenConnection"/>, then
/// the transport with <see cref="DialBackoff.TimeoutOf"/>.</item>
/// <item>An accepted connection: <see cref="IConnectionGater.MayAccept"/>, <see cref="ResourceManager.TryOpenConnection"/>,
/// <see cref="PendingHandshakes.Begin"/>, whose token the handshake runs under.</item>
/// <item>Both, after the security handshake: <see cref="IConnectionGater.MayKeep"/>, <see cref="ConnectionScope.TryBindPeer"/>; the pending place is
/// disposed; then the admission by the <see cref="Hosting.IPeerAuthorizer"/>.</item>
/// <item>A stream: <see cref="ConnectionScope.TryOpenStream"/>, and after its negotiation <see cref="StreamScope.TryBindProtocol"/>.</item>
/// <item>A message: <see cref="MessageBudget.TrySpend"/>, by the protocol that reads it.</item>
/// </list>
/// </summary>
public sealed class NetworkGuards
{
    /// <summary>Guards with nothing taken and nobody banned.</summary>
    /// <param name="options">All limits.</param>
    /// <param name="time">Every deadline and rate is on this clock.</param>
    /// <param name="random">For the jitter of dials.</param>
    /// <param name="gater">
    /// Makes what says who may connect, given a <see cref="ConnectionGater"/> over the bans and the rate; null for that one itself.
    /// </param>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public NetworkGuards(GuardOptions options, TimeProvider time, IRandomSource random, Func<IConnectionGater, IConnectionGater>? gater = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        Bans = new BanList(options.Bans, time);
        ConnectionGater own = new(Bans, new InboundRate(options.InboundRate, time));
        Gater = gater?.Invoke(own) ?? own;
        Resources = new ResourceManager(options.Resources);
        Handshakes = new PendingHandshakes(options.Handshakes, time);
        Messages = new MessageBudget(options.Messages, time);
        Dials = new DialBackoff(options.Dials, time, random);
    }

    /// <summary>Who is kept out for a while.</summary>
    public BanList Bans { get; }

    /// <summary>Who may connect and be dialed.</summary>
    public IConnectionGater Gater { get; }

    /// <summary>Connections, streams, memory.</summary>
    public ResourceManager Resources { get; }

    /// <summary>Incoming connections in handshake.</summary>
    public PendingHandshakes Handshakes { get; }

    /// <summary>What peers may send.</summary>
    public MessageBudget Messages { get; }

    /// <summary>Which dials failed.</summary>
    public DialBackoff Dials { get; }
}
