using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// How peers are scored beyond single topics, and what a score leads to (libp2p specification, gossipsub 1.1, "Peer Scoring"). A score is this node's
/// own opinion and never sent.
/// </summary>
public sealed record GossipScoring
{
    /// <summary>Below: no gossip to the peer, none taken from it. Negative.</summary>
    public double GossipThreshold { get; init; } = -100;

    /// <summary>Below: own messages are not sent to the peer. Not above <see cref="GossipThreshold"/>.</summary>
    public double PublishThreshold { get; init; } = -200;

    /// <summary>Below: all that the peer sends is dropped undecoded. Below <see cref="PublishThreshold"/>.</summary>
    public double GraylistThreshold { get; init; } = -400;

    /// <summary>Not below: peers that the peer suggests are taken. Only the application score lifts a peer here by default.</summary>
    public double AcceptExchangeThreshold { get; init; } = 100;

    /// <summary>A mesh whose median is below is given better peers.</summary>
    public double OpportunisticGraftThreshold { get; init; } = 5;

    /// <summary>The time between two decays.</summary>
    public TimeSpan DecayInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A counter below is zero.</summary>
    public double DecayToZero { get; init; } = 0.01;

    /// <summary>How long the score of a peer that is gone is remembered.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most that all topics together can add.</summary>
    public double TopicCap { get; init; } = 100;

    /// <summary>
    /// P5: the host's opinion of a peer: its stake, its proven work, whether it was slashed. Called with a lock held: quick, no calls back.
    /// </summary>
    public Func<PeerId, double>? ApplicationScore { get; init; }

    /// <summary>P5: weight.</summary>
    public double ApplicationWeight { get; init; } = 1;

    /// <summary>P5: the most that it can add; what it takes is not bounded.</summary>
    public double ApplicationCap { get; init; } = 100;

    /// <summary>P6: points (negative) for the square of the peers above the threshold with the same address.</summary>
    public double ColocationWeight { get; init; } = -5;

    /// <summary>P6: peers with one address that are fine. IPv6 addresses count by their /64 network.</summary>
    public int ColocationThreshold { get; init; } = 10;

    /// <summary>P6: networks that do not count. Loopback by default: who can use it owns the machine.</summary>
    public IReadOnlyList<IPNetwork> ColocationExempt { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>P7: points (negative) for the square of the misbehaviour above the threshold.</summary>
    public double BehaviourWeight { get; init; } = -10;

    /// <summary>P7: misbehaviour that is forgiven: a busy honest peer breaks a promise now and then.</summary>
    public double BehaviourThreshold { get; init; } = 6;

    /// <summary>P7: decay; a hundredth is left after ten minutes.</summary>
    public double BehaviourDecay { get; init; } = 0.99235;

    /// <summary>Checks that every parameter makes sense.</summary>
    public ValidationResult Validate()
    {
        double[] numbers = [GossipThreshold, PublishThreshold, GraylistThreshold, AcceptExchangeThreshold, OpportunisticGraftThreshold, DecayToZero,
            TopicCap, ApplicationWeight, ApplicationCap, ColocationWeight, BehaviourWeight, BehaviourThreshold, BehaviourDecay];
        if (!numbers.All(double.IsFinite))
        {
            return Fail(nameof(GossipScoring), "Every number is finite.");
        }

        if (!(GraylistThreshold < PublishThreshold && PublishThreshold <= GossipThreshold && GossipThreshold < 0))
        {
            return Fail(nameof(GraylistThreshold), "Graylist < publish <= gossip < 0.");
        }

        if (AcceptExchangeThreshold < 0 || OpportunisticGraftThreshold < 0 || TopicCap < 0 || ApplicationWeight < 0 || ApplicationCap < 0)
        {
            return Fail(nameof(AcceptExchangeThreshold), "Thresholds and caps of good scores are not negative.");
        }

        if (ColocationWeight > 0 || BehaviourWeight > 0 || BehaviourThreshold < 0 || ColocationThreshold < 1)
        {
            return Fail(nameof(ColocationWeight), "Penalties are not positive, their thresholds not negative.");
        }

        return BehaviourDecay is <= 0 or >= 1 || DecayToZero is <= 0 or >= 1 || DecayInterval <= TimeSpan.Zero || Retention < TimeSpan.Zero
            ? Fail(nameof(BehaviourDecay), "A decay is above 0 and below 1, an interval positive.")
            : ValidationResult.Ok;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
